import { LARGEST_LIMIT } from "../../src/core/budget";
import type {
	BudgetChange,
	BudgetChanged,
	TeamBudgetStanding,
	TeamBudgetStatus,
	TeamRegistration,
} from "../../src/core/budget-status";
import type { KeyId } from "../../src/core/ids";
import type { LeaseReply, LeaseReport } from "../shared/lease-messages";
import type { KeyClient, Loan } from "../shared/loan";
import { TeamBudgets } from "./budget";
import type { TeamStore } from "./store";

/** Where the team's object keeps what is registered across restarts; both calls are synchronous. */
export interface TeamRegistrationStore {
	read(): TeamRegistration | null;
	write(registration: TeamRegistration): void;
}

/** What one team's object stands on; everything outside of it. */
export interface TeamGround {
	readonly registrations: TeamRegistrationStore;
	/** The registry of all teams; null when no such team was ever registered. */
	readonly registry: { read(): Promise<TeamRegistration | null> };
	readonly store: TeamStore;
	readonly keys: KeyClient;
	readonly clock: () => number;
}

/** How many keys are called at a time. */
const AT_ONCE = 5;
/** How long a request may wait for other keys to give back what they do not use, in milliseconds. */
const RECALL_MS = 1_000;
/** A key is not called again so soon: what it had, it gave. */
const PAUSE_MS = 1_000;

/** All that one team's object decides: what it lends, and from whom it takes back. */
export class Lending {
	readonly #ground: TeamGround;
	readonly #budgets: TeamBudgets;
	#held: TeamRegistration | null;
	#reading: Promise<void> | null = null;
	/** When each key was last called; only those of the last moments. */
	readonly #called = new Map<string, number>();

	constructor(ground: TeamGround) {
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

	/** Throws when no such team was ever registered. */
	async budgetStatus(): Promise<TeamBudgetStatus> {
		if (this.#held === null) await this.#refresh();
		if (this.#held === null) throw new Error("there is no such team");
		const now = this.#ground.clock();
		const budgets = this.#held.budgets.flatMap((budget): TeamBudgetStanding[] => {
			const status = this.#budgets.status(budget.id, now);
			if (status === null) return [];
			const { limit, settled, lent, overrun, remaining, resetsAt } = status;
			const keys = this.#budgets.shares(budget.id, now).map((share) => ({ ...share, keyId: share.keyId as KeyId }));
			return [{ budget: { ...budget, limit }, settled, lent, overrun, remaining, resetsAt, keys }];
		});
		return { budgets };
	}

	/** Changes the limit of the current window. Repeating it changes nothing more. */
	async adjust({ id, budgetId, kind, amount, reason }: BudgetChange): Promise<BudgetChanged> {
		if (this.#held === null) await this.#refresh();
		const now = this.#ground.clock();
		const spec = this.#held?.budgets.find((budget) => budget.id === budgetId);
		const status = this.#budgets.status(budgetId, now);
		// What keys cannot prove is written off at the keys.
		if (spec === undefined || status === null || kind !== "adjustment") return { outcome: "no such budget" };
		const most = LARGEST_LIMIT - Math.abs(status.limit - spec.limit);
		if (!Number.isSafeInteger(amount) || Math.abs(amount) > most) return { outcome: "too much", most };
		const adjusted = this.#budgets.adjust({ id, budgetId, amount, reason }, now);
		if (adjusted !== "adjusted") return { outcome: adjusted };
		await this.#takeBackExcess(budgetId);
		return { outcome: "applied" };
	}

	/** Calls holders, a few at a time, until what the report lacks is there, everybody was called, or time is over. */
	async #takeBackFor(report: LeaseReport, refusal: LeaseReply): Promise<LeaseReply> {
		let reply = refusal;
		await this.#takeBack(report.budgetId, refusal.recall, () => {
			reply = this.#budgets.exchange(report, this.#ground.clock()) ?? reply;
			return reply.available === null;
		});
		return reply;
	}

	async #takeBackExcess(budgetId: string): Promise<void> {
		const isExcess = (): boolean => {
			const status = this.#budgets.status(budgetId, this.#ground.clock());
			return status !== null && status.lent > status.limit;
		};
		if (!isExcess()) return;
		const holders = this.#budgets.shares(budgetId, this.#ground.clock()).map(({ keyId }) => keyId);
		await this.#takeBack(budgetId, holders, () => !isExcess());
	}

	async #takeBack(budgetId: string, holders: readonly string[], isEnough: () => boolean): Promise<void> {
		const { clock, keys } = this.#ground;
		const begin = clock();
		for (const [keyId, at] of this.#called) if (begin - at >= PAUSE_MS) this.#called.delete(keyId);
		const lent = new Map(
			this.#budgets.shares(budgetId, begin).map((share) => [share.keyId, share.lent - share.settled]),
		);
		const waiting = holders
			.filter((keyId) => !this.#called.has(keyId))
			.sort((a, b) => (lent.get(b) ?? 0) - (lent.get(a) ?? 0));
		while (waiting.length > 0 && clock() - begin < RECALL_MS) {
			const wave = waiting.splice(0, AT_ONCE);
			for (const keyId of wave) this.#called.set(keyId, clock());
			const answers = await Promise.allSettled(wave.map((keyId) => keys.recall(keyId)));
			for (const answer of answers) {
				if (answer.status === "rejected") continue;
				for (const told of answer.value) this.#budgets.exchange(told, clock());
			}
			if (isEnough()) return;
		}
		// Another request may have called the same keys and may have their money by now.
		isEnough();
	}

	#govern(registration: TeamRegistration): number {
		if (this.#held !== null && this.#held.version >= registration.version) return this.#held.version;
		this.#budgets.configure(registration.budgets);
		this.#ground.registrations.write(registration);
		this.#held = registration;
		return registration.version;
	}

	#refresh(): Promise<void> {
		this.#reading ??= this.#ground.registry
			.read()
			.then((registration) => {
				if (registration !== null) this.#govern(registration);
			})
			.finally(() => {
				this.#reading = null;
			});
		return this.#reading;
	}
}
