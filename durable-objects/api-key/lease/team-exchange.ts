// The calls between a key's lease and its team's object: one at a time, shared by all attempts that wait for money.
import type { Lacking } from "#durable-objects/api-key/ledger/ledger";
import type { LeaseReply, LeaseReport, Loan } from "#durable-objects/shared/lease-protocol";
import type { Lease } from "./lease";

/** After a team refused to lend, how long the key asks for nothing ahead of need, in milliseconds. */
const AHEAD_PAUSE_MS = 1_000;

/** The team's answers to one exchange, by budget. */
export type Loans = ReadonlyMap<string, Loan>;

/**
 * Carries the messages between a key's lease and its team: one exchange at a time. Attempts that come meanwhile join
 * the next one, so that many requests at once cost the team few calls.
 */
export class TeamExchange {
	readonly #lease: Lease;
	readonly #ask: (reports: readonly LeaseReport[]) => Promise<readonly Loan[]>;
	readonly #clock: () => number;
	/** The team's last answer, by budget. */
	readonly #lastLoans = new Map<string, Loan>();
	/** What waiting attempts lack. */
	readonly #waiting = new Map<string, readonly Lacking[]>();
	/** The reports that the team heard last, as `figuresOf` writes them. */
	#heard: ReadonlySet<string> = new Set();
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

	/** The team's last answer about a budget. */
	lastLoan(budgetId: string): Loan | undefined {
		return this.#lastLoans.get(budgetId);
	}

	/**
	 * Asks the team for what an attempt lacks, or waits for the exchange that is under way. The ledger holds what came
	 * when this returns. Null when the team could not be reached. The attempt counts as waiting until it is `served`.
	 */
	async borrow(attemptId: string, money: readonly Lacking[]): Promise<Loans | null> {
		this.#waiting.set(attemptId, money);
		if (this.#running !== null) {
			const loans = await this.#running;
			// The exchange that failed may not have asked for this attempt's money, so the attempt starts one of its own.
			if (loans !== null) return loans;
			if (this.#running !== null) return this.#running;
		}
		this.#waiting.delete(attemptId);
		return this.#exchange(this.#withWaiting(this.#lease.ask(money, this.#clock())));
	}

	/** The team has less than it had: what the key holds was lent under other terms. */
	termsChanged(): void {
		this.#terms++;
	}

	/**
	 * Until the team has said that it lends no more than it has, the key gives back whatever comes free before it holds
	 * any again: after the team's limit was lowered, keys may still hold more than may be spent. A fresh copy of the
	 * object has heard nothing yet. Throws what the store throws.
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
	 * Gives back what is not used, which is stored when this returns, and reports it to the team unless the team knows.
	 * Resolves to false when the team could not be reached. Throws at once what the store throws.
	 */
	giveBack(which: "past" | "all"): Promise<boolean> {
		return this.#send(which, this.#lease.giveBack(which, this.#clock()));
	}

	async #send(which: "past" | "all", reports: readonly LeaseReport[]): Promise<boolean> {
		const figures = reports.map(figuresOf);
		const news = reports.filter((_, n) => !this.#heard.has(figures[n] ?? ""));
		if (news.length === 0) return true;
		const heard = this.#heard;
		if ((await this.#exchange(news)) === null) return false;
		if (this.#heard === heard) this.#heard = new Set(figures);
		// The answer may have brought money that the team lent before, in an answer that was lost.
		return this.#send(which, this.#lease.giveBack(which, this.#clock()));
	}

	#exchange(reports: readonly LeaseReport[]): Promise<Loans | null> {
		const exchange = this.#call(reports).finally(() => {
			if (this.#running === exchange) this.#running = null;
		});
		this.#running = exchange;
		return exchange;
	}

	async #call(reports: readonly LeaseReport[]): Promise<Loans | null> {
		const terms = this.#terms;
		// An ask may be granted although its answer is lost, so a later report must follow it, whose answer brings that
		// money.
		if (reports.some(({ least }) => least > 0)) this.#heard = new Set();
		let loans: readonly Loan[];
		try {
			loans = await this.#ask(reports);
		} catch {
			return null;
		}
		for (const loan of loans) {
			this.#lastLoans.set(loan.reply.budgetId, loan);
			this.#noteCover(loan.reply, terms);
			this.#lease.take(loan.reply, this.#clock());
		}
		return new Map(loans.map((loan) => [loan.reply.budgetId, loan]));
	}

	#noteCover({ budgetId, window, isCovered }: LeaseReply, terms: number): void {
		const known = this.#covered.get(budgetId);
		if (known !== undefined && known.window > window) return;
		if (isCovered) this.#covered.set(budgetId, { window, terms });
		else this.#covered.delete(budgetId);
	}

	/** Asks for the waiting attempts too, which would else need an exchange each. */
	#withWaiting(reports: readonly LeaseReport[]): LeaseReport[] {
		return reports.map((report) => {
			if (report.least === 0) return report;
			let sum = report.least;
			for (const money of this.#waiting.values()) {
				for (const { period, amount } of money) if (period.budgetId === report.budgetId) sum += amount;
			}
			return { ...report, wanted: Math.max(report.wanted, sum) };
		});
	}
}

/** A report without its order: equal for two reports that say the same. */
function figuresOf({ order, ...figures }: LeaseReport): string {
	return JSON.stringify(figures);
}
