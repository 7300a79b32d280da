import { MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import type {
	BudgetChange,
	BudgetChanged,
	TeamBudgetStanding,
	TeamBudgetStatus,
	TeamRegistration,
} from "#core/budget/budget-status";
import type { KeyId } from "#core/ids";
import type { LeaseReply, LeaseReport } from "#durable-objects/shared/lease-messages";
import type { Borrowers, Loan, RecallReason } from "#durable-objects/shared/loan";
import { within } from "#lib/deadline";
import { leastOf } from "#lib/list";
import { mapConcurrent } from "#lib/map-concurrent";
import { MAX_DATABASE_MS } from "#store/d1/database";
import { type KeyShare, TeamBudgets } from "./budget";
import type { TeamStore } from "./store";

/** Where the team's object keeps what is registered across restarts; both calls are synchronous. */
export interface TeamRegistrationStore {
	read(): TeamRegistration | null;
	write(registration: TeamRegistration): void;
}

/** What one team's object stands on; everything outside of it. */
export interface TeamDeps {
	readonly registrations: TeamRegistrationStore;
	/** The registry of all teams; null when no such team was ever registered. */
	readonly registry: { read(): Promise<TeamRegistration | null> };
	readonly store: TeamStore;
	readonly keys: Borrowers;
	readonly clock: () => number;
}

/** How many keys are called at a time. */
const AT_ONCE = 5;
/** How long keys are called before whoever waits for their money is answered, or for an admin's change, in milliseconds. */
const RECALL_MS: Record<RecallReason, number> = { lack: 1_000, excess: 3_000 };
/** How long keys are asked for what they spent before an admin is answered, in milliseconds. */
const REPORTS_MS = 2_000;
/** A key is not called again so soon: what it had, it gave. */
const PAUSE_MS = 1_000;

/** All that one team's object decides: what it lends, and from whom it takes back. */
export class Team {
	readonly #ground: TeamDeps;
	readonly #budgets: TeamBudgets;
	#held: TeamRegistration | null;
	#reading: Promise<void> | null = null;
	/** When each key was last called; only those of the last moments. */
	readonly #called = new Map<string, number>();

	constructor(ground: TeamDeps) {
		this.#ground = ground;
		this.#held = ground.registrations.read();
		this.#budgets = new TeamBudgets(ground.store, this.#held?.budgets ?? []);
	}

	/**
	 * Answers what a key reports. Where another key may hold unused what this one lacks, that is taken back first.
	 * A budget that is not in force gets no answer. Throws when nobody can say which budgets are.
	 */
	async exchange(reports: readonly LeaseReport[]): Promise<Loan[]> {
		if (this.#held === null) await this.#refresh();
		const loans: Loan[] = [];
		for (const report of reports) {
			let reply = this.#budgets.exchange(report, this.#ground.clock());
			if (reply === null) {
				// The key may have heard of a budget that this object was not told of.
				await this.#refresh();
				reply = this.#budgets.exchange(report, this.#ground.clock());
			}
			if (reply === null) continue;
			const answer = reply.recall.length === 0 ? reply : await this.#takeBackFor(report, reply);
			const status = this.#budgets.status(report.budgetId, this.#ground.clock());
			if (status === null) continue;
			loans.push({ reply: answer, limit: status.limit, remaining: status.remaining, resetsAt: status.resetsAt });
		}
		return loans;
	}

	/**
	 * Puts a change into force. Older than what is held: ignored. Where more is lent than a new limit allows, keys are asked
	 * to give back what they do not use. Returns the version in force.
	 */
	async configure(registration: TeamRegistration): Promise<number> {
		const version = this.#govern(registration);
		for (const { id } of registration.budgets) await this.#takeBackExcess(id);
		return version;
	}

	/**
	 * How the budgets stand; with `asks`, as the keys say now that hold more than they told to have spent, as far as they
	 * answer in time. Throws when no such team was ever registered.
	 */
	async budgetStatus(asks: boolean): Promise<TeamBudgetStatus> {
		if (this.#held === null) await this.#refresh();
		if (this.#held === null) throw new Error("there is no such team");
		if (asks) await this.#hearFrom(this.#held);
		const now = this.#ground.clock();
		const budgets = this.#held.budgets.flatMap((budget): TeamBudgetStanding[] => {
			const status = this.#budgets.status(budget.id, now);
			if (status === null) return [];
			const { limit, settled, lent, overrun, remaining, resetsAt } = status;
			const keys = this.#budgets.shares(budget.id, now).map((share) => ({
				...share,
				keyId: share.keyId as KeyId,
				asOf: isWhole(share) ? now : Math.min(share.heard, now),
			}));
			const asOf = Math.min(now, leastOf(keys.map((key) => key.asOf)));
			return [{ budget: { ...budget, limit }, settled, lent, overrun, remaining, resetsAt, asOf, keys }];
		});
		return { budgets };
	}

	/** Has keys tell what they have spent. One that does not answer, or not in time, told what it told before. */
	async #hearFrom({ budgets }: TeamRegistration): Promise<void> {
		const { clock, keys } = this.#ground;
		const begin = clock();
		const all = budgets.flatMap(({ id }) => this.#budgets.shares(id, begin).filter((share) => !isWhole(share)));
		await mapConcurrent([...new Set(all.map(({ keyId }) => keyId))], async (keyId) => {
			if (clock() - begin >= REPORTS_MS) return;
			const told = await keys.report(keyId).catch(() => []);
			for (const report of told) this.#budgets.exchange(report, clock());
		});
	}

	/**
	 * Changes the limit of the current window. Repeating it changes nothing more. A cut below what is lent is confirmed only
	 * when each holder has heard of it: throws when one has not, though the cut counts here.
	 */
	async adjust({ id, budgetId, kind, amount, reason }: BudgetChange): Promise<BudgetChanged> {
		if (this.#held === null) await this.#refresh();
		const now = this.#ground.clock();
		const spec = this.#held?.budgets.find((budget) => budget.id === budgetId);
		const status = this.#budgets.status(budgetId, now);
		// What keys cannot prove is written off at the keys.
		if (spec === undefined || status === null || kind !== "adjustment") return { outcome: "no such budget" };
		const most = MAX_LIMIT_NANO_USD - Math.abs(status.limit - spec.limit);
		if (!Number.isSafeInteger(amount) || Math.abs(amount) > most) return { outcome: "too much", most };
		const adjusted = this.#budgets.adjust({ id, budgetId, amount, reason }, now);
		if (adjusted === "no such budget") return { outcome: adjusted };
		const isHeard = await this.#takeBackExcess(budgetId);
		if (amount < 0 && !isHeard) throw new Error("a key that holds more than there is did not answer");
		return { outcome: adjusted === "adjusted" ? "applied" : adjusted };
	}

	/** Calls holders, a few at a time, until what the report lacks is there, everybody was called, or time is over. */
	async #takeBackFor(report: LeaseReport, refusal: LeaseReply): Promise<LeaseReply> {
		let reply = refusal;
		const begin = this.#ground.clock();
		for (const [keyId, at] of this.#called) if (begin - at >= PAUSE_MS) this.#called.delete(keyId);
		const holders = refusal.recall.filter((keyId) => !this.#called.has(keyId));
		await this.#takeBack(report.budgetId, holders, "lack", () => {
			reply = this.#budgets.exchange(report, this.#ground.clock()) ?? reply;
			return reply.available === null;
		});
		return reply;
	}

	/** False when more is lent than there is, and some of its holders may not know. */
	async #takeBackExcess(budgetId: string): Promise<boolean> {
		const isExcess = (): boolean => {
			const status = this.#budgets.status(budgetId, this.#ground.clock());
			return status !== null && status.lent > status.limit;
		};
		if (!isExcess()) return true;
		const holders = this.#budgets.shares(budgetId, this.#ground.clock()).map(({ keyId }) => keyId);
		return this.#takeBack(budgetId, holders, "excess", () => !isExcess());
	}

	/** Whether it is enough, or every holder has answered. */
	async #takeBack(
		budgetId: string,
		holders: readonly string[],
		why: RecallReason,
		isEnough: () => boolean,
	): Promise<boolean> {
		const { clock, keys } = this.#ground;
		const begin = clock();
		const lent = new Map(
			this.#budgets.shares(budgetId, begin).map((share) => [share.keyId, share.lent - share.settled]),
		);
		const waiting = holders.toSorted((a, b) => (lent.get(b) ?? 0) - (lent.get(a) ?? 0));
		let silent = 0;
		while (waiting.length > 0 && clock() - begin < RECALL_MS[why]) {
			const wave = waiting.splice(0, AT_ONCE);
			for (const keyId of wave) this.#called.set(keyId, clock());
			const answers = await Promise.allSettled(wave.map((keyId) => keys.recall(keyId, why)));
			for (const answer of answers) {
				if (answer.status === "rejected") silent++;
				else for (const told of answer.value) this.#budgets.exchange(told, clock());
			}
			if (isEnough()) return true;
		}
		// Another request may have called the same keys and may have their money by now.
		return isEnough() || (silent === 0 && waiting.length === 0);
	}

	#govern(registration: TeamRegistration): number {
		if (this.#held !== null && this.#held.version >= registration.version) return this.#held.version;
		this.#budgets.configure(registration.budgets);
		this.#ground.registrations.write(registration);
		this.#held = registration;
		return registration.version;
	}

	/** What comes after the deadline still counts, and does not keep anybody from asking again. */
	#refresh(): Promise<void> {
		const read = async (): Promise<void> => {
			const registration = await this.#ground.registry.read();
			if (registration !== null) this.#govern(registration);
		};
		this.#reading ??= within(MAX_DATABASE_MS, "the registry", read()).finally(() => {
			this.#reading = null;
		});
		return this.#reading;
	}
}

/** Whether a key holds no more than it told to have spent, so that there is nothing new to hear from it. */
function isWhole({ lent, settled }: KeyShare): boolean {
	return lent <= settled;
}
