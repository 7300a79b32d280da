// All that one team's object decides, on interfaces: what it lends, and which keys it calls to get money back.
import { MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import type {
	BudgetChange,
	BudgetChanged,
	TeamBudgetState,
	TeamBudgetStatus,
	TeamRegistration,
} from "#core/budget/budget-status";
import type { KeyId } from "#core/ids";
import type { Borrowers, LeaseReply, LeaseReport, Loan, RecallReason } from "#durable-objects/shared/lease-protocol";
import { within } from "#lib/deadline";
import { leastOf } from "#lib/list";
import { mapConcurrent } from "#lib/map-concurrent";
import { MAX_DATABASE_MS } from "#store/d1/database";
import { type KeyShare, TeamBudgets } from "./budget";
import type { TeamStore } from "./store";

/** Where the team's object keeps its registration across restarts; both calls are synchronous. */
interface TeamRegistrationStore {
	read(): TeamRegistration | null;
	write(registration: TeamRegistration): void;
}

/** Everything outside of one team's object. */
interface TeamDeps {
	readonly registrations: TeamRegistrationStore;
	/** All teams, in D1; null when no such team was ever registered. */
	readonly registry: { read(): Promise<TeamRegistration | null> };
	readonly store: TeamStore;
	readonly keys: Borrowers;
	readonly clock: () => number;
}

/** How many keys are called at a time. */
const AT_ONCE = 5;
/**
 * How long keys are called, in milliseconds, before the key that lacks money, or the admin who cut a limit, is
 * answered.
 */
const RECALL_MS: Record<RecallReason, number> = { lack: 1_000, excess: 3_000 };
/** How long keys are asked for their reports before the admin is answered, in milliseconds. */
const REPORTS_MS = 2_000;
/** A key is not called again within this many milliseconds: it has just given back what it had. */
const PAUSE_MS = 1_000;

/** What one team's object decides. */
export class Team {
	readonly #deps: TeamDeps;
	readonly #budgets: TeamBudgets;
	#current: TeamRegistration | null;
	#reading: Promise<void> | null = null;
	/** When each key was last called; only calls of the last `PAUSE_MS`. */
	readonly #called = new Map<string, number>();

	constructor(deps: TeamDeps) {
		this.#deps = deps;
		this.#current = deps.registrations.read();
		this.#budgets = new TeamBudgets(deps.store, this.#current?.budgets ?? []);
	}

	/**
	 * Answers a key's reports. Where another key may hold unused what this one lacks, that is taken back first. A budget
	 * that is not in force gets no answer. Throws when D1 cannot say which budgets are in force.
	 */
	async exchange(reports: readonly LeaseReport[]): Promise<Loan[]> {
		if (this.#current === null) await this.#refresh();
		const loans: Loan[] = [];
		for (const report of reports) {
			let reply = this.#budgets.exchange(report, this.#deps.clock());
			if (reply === null) {
				// The key may know of a budget that has not reached this object.
				await this.#refresh();
				reply = this.#budgets.exchange(report, this.#deps.clock());
			}
			if (reply === null) continue;
			const answer = reply.recall.length === 0 ? reply : await this.#takeBackFor(report, reply);
			const status = this.#budgets.status(report.budgetId, this.#deps.clock());
			if (status === null) continue;
			loans.push({ reply: answer, limit: status.limit, remaining: status.remaining, resetsAt: status.resetsAt });
		}
		return loans;
	}

	/**
	 * Puts a change into force. An older registration than the one in force is ignored. Where more is lent than a new
	 * limit allows, keys are asked to give back what they do not use. Returns the version in force.
	 */
	async configure(registration: TeamRegistration): Promise<number> {
		const version = this.#apply(registration);
		for (const { id } of registration.budgets) await this.#takeBackExcess(id);
		return version;
	}

	/**
	 * The figures of the budgets. With `asksKeys`, keys that hold more than they reported as spent report again first, as
	 * far as they answer in time. Throws when no such team was ever registered.
	 */
	async budgetStatus(asksKeys: boolean): Promise<TeamBudgetStatus> {
		if (this.#current === null) await this.#refresh();
		if (this.#current === null) throw new Error("there is no such team");
		if (asksKeys) await this.#collectReports(this.#current);
		const now = this.#deps.clock();
		const budgets = this.#current.budgets.flatMap((budget): TeamBudgetState[] => {
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

	/** Forgets what is past; returns when to be called again, or null for not before something is lent. */
	forget(): number | null {
		return this.#current === null ? null : this.#budgets.forget(this.#current.version, this.#deps.clock());
	}

	/** Has keys report what they have spent. For a key that does not answer in time its last report stands. */
	async #collectReports({ budgets }: TeamRegistration): Promise<void> {
		const { clock, keys } = this.#deps;
		const begin = clock();
		const all = budgets.flatMap(({ id }) => this.#budgets.shares(id, begin).filter((share) => !isWhole(share)));
		await mapConcurrent([...new Set(all.map(({ keyId }) => keyId))], async (keyId) => {
			if (clock() - begin >= REPORTS_MS) return;
			const reports = await keys.report(keyId).catch(() => []);
			for (const report of reports) this.#budgets.exchange(report, clock());
		});
	}

	/**
	 * Changes the limit of the current window. Repeating it changes nothing more. A cut below what is lent is confirmed
	 * only when each key that holds money has heard of it: throws when one has not, though the cut is in force here.
	 */
	async adjust({ id, budgetId, kind, amount, reason }: BudgetChange): Promise<BudgetChanged> {
		if (this.#current === null) await this.#refresh();
		const now = this.#deps.clock();
		const spec = this.#current?.budgets.find((budget) => budget.id === budgetId);
		const status = this.#budgets.status(budgetId, now);
		// Unproven charges are written off at the keys' objects.
		if (spec === undefined || status === null || kind !== "adjustment") return { outcome: "no such budget" };
		const most = MAX_LIMIT_NANO_USD - Math.abs(status.limit - spec.limit);
		if (!Number.isSafeInteger(amount) || Math.abs(amount) > most) return { outcome: "too much", most };
		const adjusted = this.#budgets.adjust({ id, budgetId, amount, reason }, now);
		if (adjusted === "no such budget") return { outcome: adjusted };
		const isHeard = await this.#takeBackExcess(budgetId);
		if (amount < 0 && !isHeard) throw new Error("a key that holds more than there is did not answer");
		return { outcome: adjusted === "adjusted" ? "applied" : adjusted };
	}

	/** Calls the keys that hold money, a few at a time, until enough is back, all were called, or the time is over. */
	async #takeBackFor(report: LeaseReport, refusal: LeaseReply): Promise<LeaseReply> {
		let reply = refusal;
		const begin = this.#deps.clock();
		for (const [keyId, at] of this.#called) if (begin - at >= PAUSE_MS) this.#called.delete(keyId);
		const holders = refusal.recall.filter((keyId) => !this.#called.has(keyId));
		await this.#takeBack(report.budgetId, holders, "lack", () => {
			reply = this.#budgets.exchange(report, this.#deps.clock()) ?? reply;
			return reply.available === null;
		});
		return reply;
	}

	/** Resolves to false when more is lent than the limit and a key that holds some may not know. */
	async #takeBackExcess(budgetId: string): Promise<boolean> {
		const isExcess = (): boolean => {
			const status = this.#budgets.status(budgetId, this.#deps.clock());
			return status !== null && status.lent > status.limit;
		};
		if (!isExcess()) return true;
		const holders = this.#budgets.shares(budgetId, this.#deps.clock()).map(({ keyId }) => keyId);
		return this.#takeBack(budgetId, holders, "excess", () => !isExcess());
	}

	/** Resolves to whether enough came back or every key has answered. */
	async #takeBack(
		budgetId: string,
		holders: readonly string[],
		why: RecallReason,
		isEnough: () => boolean,
	): Promise<boolean> {
		const { clock, keys } = this.#deps;
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
				else for (const reports of answer.value) this.#budgets.exchange(reports, clock());
			}
			if (isEnough()) return true;
		}
		// Another request may have called the same keys and may have their money by now.
		return isEnough() || (silent === 0 && waiting.length === 0);
	}

	#apply(registration: TeamRegistration): number {
		if (this.#current !== null && this.#current.version >= registration.version) return this.#current.version;
		this.#budgets.configure(registration.budgets);
		this.#deps.registrations.write(registration);
		this.#current = registration;
		return registration.version;
	}

	/** What comes after the deadline still counts, and does not keep a key from asking again. */
	#refresh(): Promise<void> {
		const read = async (): Promise<void> => {
			const registration = await this.#deps.registry.read();
			if (registration !== null) this.#apply(registration);
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
