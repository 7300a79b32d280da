import type { Lacking } from "#durable-objects/api-key/ledger/ledger";
import type { LeaseReply, LeaseReport } from "#durable-objects/shared/lease-messages";
import type { Loan } from "#durable-objects/shared/loan";
import type { Lease } from "./lease";

/** How long a team that refused is not asked ahead of need, in milliseconds. */
const AHEAD_PAUSE_MS = 1_000;

/** What one exchange brought, by budget. */
export type Loans = ReadonlyMap<string, Loan>;

/**
 * Carries the messages between a key's lease and its team: one exchange at a time, in which those who wait for the next
 * one take part, so that many requests at once cost the team few calls.
 */
export class TeamExchange {
	readonly #lease: Lease;
	readonly #ask: (reports: readonly LeaseReport[]) => Promise<readonly Loan[]>;
	readonly #clock: () => number;
	/** What the team said last, by budget. */
	readonly #standings = new Map<string, Loan>();
	/** What waiting attempts lack. */
	readonly #waiting = new Map<string, readonly Lacking[]>();
	/** The last reports that the team has heard. */
	#told: ReadonlySet<string> = new Set();
	#running: Promise<Loans | null> | null = null;
	#aheadFrom = 0;
	/** How often the terms of the team's money have changed, as far as this copy knows. */
	#terms = 0;
	/** By budget, the window of which the team last said that it lends no more than it has, and the terms by then. */
	readonly #covered = new Map<string, { readonly window: number; readonly terms: number }>();

	/** `ask` carries reports to the team; it throws when the team cannot be reached in time. */
	constructor(lease: Lease, ask: (reports: readonly LeaseReport[]) => Promise<readonly Loan[]>, clock: () => number) {
		this.#lease = lease;
		this.#ask = ask;
		this.#clock = clock;
	}

	/** What the team said last of a budget. */
	standing(budgetId: string): Loan | undefined {
		return this.#standings.get(budgetId);
	}

	/**
	 * Asks the team for what an attempt lacks, or waits for the exchange that is under way. What came is in the ledger then.
	 * Null when the team could not be reached. The attempt counts as waiting until it is `served`.
	 */
	async borrow(attemptId: string, money: readonly Lacking[]): Promise<Loans | null> {
		this.#waiting.set(attemptId, money);
		if (this.#running !== null) {
			const loans = await this.#running;
			// What failed may have been a message of little weight: whoever needs money asks once more.
			if (loans !== null) return loans;
			if (this.#running !== null) return this.#running;
		}
		this.#waiting.delete(attemptId);
		return this.#exchange(this.#withWaiting(this.#lease.ask(money, this.#clock())));
	}

	/** The team has less than it had: what is held was lent under other terms. */
	termsChanged(): void {
		this.#terms++;
	}

	/**
	 * Until the team has said that it lends no more than it has, whatever comes free goes back to it before it is held
	 * again: after its limit was lowered, less may be spent than keys still hold. A fresh copy has heard nothing yet.
	 * Throws what the store throws.
	 */
	beforeHold(now: number): void {
		this.#lease.giveBackDoubted(({ budgetId, window }) => {
			const covered = this.#covered.get(budgetId);
			return covered?.window !== window || covered.terms !== this.#terms;
		}, now);
	}

	/** The attempt waits for no money any more. */
	served(attemptId: string): void {
		this.#waiting.delete(attemptId);
	}

	/** Asks in the background for what will be needed soon, where little is left. */
	borrowAhead(now: number): void {
		if (this.#running !== null || now < this.#aheadFrom) return;
		const reports = this.#lease.askAhead(now);
		if (reports.length === 0) return;
		const pause = (): void => {
			this.#aheadFrom = now + AHEAD_PAUSE_MS;
		};
		void this.#exchange(this.#withWaiting(reports)).then((loans) => {
			if (loans === null || [...loans.values()].some(({ reply }) => reply.available !== null)) pause();
		}, pause);
	}

	/**
	 * Gives back what is not used, which is done when this returns, and tells the team, unless it knows: false when it could
	 * not be told. Throws at once what the store throws.
	 */
	giveBack(which: "past" | "all"): Promise<boolean> {
		return this.#tell(which, this.#lease.giveBack(which, this.#clock()));
	}

	async #tell(which: "past" | "all", reports: readonly LeaseReport[]): Promise<boolean> {
		const figures = reports.map(figuresOf);
		const news = reports.filter((_, n) => !this.#told.has(figures[n] ?? ""));
		if (news.length === 0) return true;
		const told = this.#told;
		if ((await this.#exchange(news)) === null) return false;
		if (this.#told === told) this.#told = new Set(figures);
		// The answer may have brought money that was lent before, in an answer that was lost.
		return this.#tell(which, this.#lease.giveBack(which, this.#clock()));
	}

	#exchange(reports: readonly LeaseReport[]): Promise<Loans | null> {
		const exchange = this.#carry(reports).finally(() => {
			if (this.#running === exchange) this.#running = null;
		});
		this.#running = exchange;
		return exchange;
	}

	async #carry(reports: readonly LeaseReport[]): Promise<Loans | null> {
		const terms = this.#terms;
		// Whatever becomes of an ask, a later report has to follow it: what it may still bring on its way comes back then.
		if (reports.some(({ least }) => least > 0)) this.#told = new Set();
		let loans: readonly Loan[];
		try {
			loans = await this.#ask(reports);
		} catch {
			return null;
		}
		for (const loan of loans) {
			this.#standings.set(loan.reply.budgetId, loan);
			this.#note(loan.reply, terms);
			this.#lease.take(loan.reply, this.#clock());
		}
		return new Map(loans.map((loan) => [loan.reply.budgetId, loan]));
	}

	#note({ budgetId, window, isCovered }: LeaseReply, terms: number): void {
		const known = this.#covered.get(budgetId);
		if (known !== undefined && known.window > window) return;
		if (isCovered) this.#covered.set(budgetId, { window, terms });
		else this.#covered.delete(budgetId);
	}

	/** Asks for those who wait, too: else each of them would need an exchange of their own. */
	#withWaiting(reports: readonly LeaseReport[]): LeaseReport[] {
		return reports.map((report) => {
			if (report.least === 0) return report;
			let sum = report.least;
			for (const money of this.#waiting.values()) {
				for (const { line, amount } of money) if (line.budgetId === report.budgetId) sum += amount;
			}
			return { ...report, wanted: Math.max(report.wanted, sum) };
		});
	}
}

/** All that a report says, whenever it says so. */
function figuresOf({ order, ...figures }: LeaseReport): string {
	return JSON.stringify(figures);
}
