// The ledger of one API key: holds, settlements and what budgets leave, with the invariants that make budgets hold.
import {
	type BudgetSpec,
	type HoldToken,
	MAX_LIMIT_NANO_USD,
	type PeriodRef,
	type SpendScope,
} from "#core/budget/budget";
import { EMPTY_BATCH_CONTEXT } from "./batch-context";
import { Budget } from "./budget";
import { type BudgetPeriod, credited, unsettled } from "./budget-period";
import { type Account, LedgerCache, LedgerDraft, type LedgerMemory, newLedgerMemory } from "./ledger-cache";
import type { LedgerStore, Settlement } from "./ledger-store";
import { type OpenHold, takeExpired } from "./open-holds";
import { note } from "./recent-spend";
import { type JudgedSettlement, judgedSettlement, type SettlementBatch } from "./settlement-item";
import { type BudgetStatus, statusOf } from "./status";

/** A request to hold money for one attempt. Times are in milliseconds since the epoch. */
export interface Hold {
	/** Repeating it while the hold is open gives the same answer and holds nothing more. */
	readonly attemptId: string;
	/** The most the attempt can cost, in nano-dollars. */
	readonly amount: number;
	readonly scope: SpendScope;
	/** When the hold stops counting as open. Its amount stays charged until a settlement says less. */
	readonly expiresAt: number;
}

/** Money that the team would have to lend before a hold fits. */
export interface Lacking {
	readonly period: PeriodRef;
	/** Nano-dollars beyond what the key holds. */
	readonly amount: number;
}

/** The budget that a hold does not fit in. */
interface Exhausted {
	readonly budgetId: string;
	readonly limit: number;
	/** Spent and held. */
	readonly used: number;
	/** The most that one hold could take now. */
	readonly affordable: number;
	/**
	 * When the same hold would fit at the latest, in milliseconds since the epoch; null when time alone will not help.
	 */
	readonly resetsAt: number | null;
}

export type Reserved =
	/** `warnings`: budgets that only warn and are beyond their limit now. */
	| { readonly outcome: "admitted"; readonly token: HoldToken; readonly warnings: readonly string[] }
	| { readonly outcome: "refused"; readonly by: Exhausted }
	/** The hold would fit if the team lent this. Nothing is held. */
	| { readonly outcome: "lacking"; readonly money: readonly Lacking[] };

/** How much one hold could take of one budget now. */
export interface Room {
	readonly spec: BudgetSpec;
	/** With what admins added. */
	readonly limit: number;
	/** Infinite where the budget only warns; of a team's budget, what the key holds. */
	readonly amount: number;
	readonly resetsAt: number | null;
}

/** What one hold could take now, and the budget that limits it; null when no budget binds. */
type Affordable = { readonly amount: number; readonly budgetId: string; readonly owner: "key" | "team" } | null;

export type Settled =
	| { readonly outcome: "applied"; readonly settlements: readonly Settlement[] }
	/** Was applied before; nothing changed. */
	| { readonly outcome: "repeated" }
	/** Too old to know whether it was applied: its holds stay charged. */
	| { readonly outcome: "late" };

/** The most attempts in one batch. */
export const BATCH_ITEMS = 256;

/**
 * A batch that was first sent longer ago, in milliseconds, is not applied: the object no longer knows whether it was
 * before. An isolate that sends a batch gives up within a minute.
 */
export const REPEATABLE_MS = 3_600_000;

/** In nano-dollars (two cents): what a crash may leave unproven per budget. */
const DEFAULT_STEP = 20_000_000;

/**
 * Every hold of an object and all that is known about what it may spend. The rules are on `Counters` and
 * `BudgetPeriod`:
 *
 * - I1: what may have been spent never exceeds a budget. Room is taken in a commit (W), before it is used, and comes
 *   back only through a commit (C); so neither a crash, nor a lost answer, nor a replaced copy of the object that still
 *   runs can make room twice. While more is used than a lowered limit, nothing that may cost is admitted.
 * - I2: of a team's money never more is used than is lent: W - C + O <= G - R.
 * - I3: a hold ends once, charged between nothing and its amount. What exceeds it is overrun: counted, never hidden.
 * - I4: no hold is open beyond its time. It needs no event to end, because an expired hold is never credited.
 * - I6: what a provider billed is charged: what no settlement proves to be less is charged in full.
 *
 * (I5 and I7 are the outbox's and the team's.) A method that throws has admitted, settled and changed nothing that it
 * could confirm; its caller must refuse the request.
 */
export class Ledger {
	readonly cache: LedgerCache;
	readonly #maxStep: number;
	#budgets: readonly Budget[] = [];

	/** `memory` is what this copy of the object knows; a fresh one knows nothing. */
	constructor(
		store: LedgerStore,
		budgets: readonly BudgetSpec[],
		memory: LedgerMemory = newLedgerMemory(),
		maxStep = DEFAULT_STEP,
	) {
		this.cache = new LedgerCache(store, memory);
		this.#maxStep = maxStep;
		this.#budgets = budgets.map((spec) => new Budget(spec));
	}

	get budgets(): readonly Budget[] {
		return this.#budgets;
	}

	/**
	 * Puts budgets into force from the next hold on. Head-room that was allowed under other terms is closed in one
	 * commit, so the next hold has to be within the new ones. Must run before the change is acknowledged.
	 */
	configure(specs: readonly BudgetSpec[]): void {
		const budgets = specs.map((spec) => new Budget(spec));
		const same = new Map(this.#budgets.map(({ spec }) => [spec.id, JSON.stringify(spec)]));
		const unchanged = new Set(specs.filter((spec) => same.get(spec.id) === JSON.stringify(spec)).map(({ id }) => id));
		this.#closeAll((budgetId) => !unchanged.has(budgetId));
		this.#budgets = budgets;
	}

	/** Holds money on all budgets that cover the attempt, or on none. Writes only where head-room is used up. */
	reserve(hold: Hold, at: number): Reserved {
		const now = this.#enter(at);
		const known = this.cache.memory.open.get(hold.attemptId);
		if (known !== undefined && known.expiresAt > now) {
			return { outcome: "admitted", token: known.token, warnings: [] };
		}
		if (!isHold(hold.amount)) throw new RangeError(`not an amount to hold: ${hold.amount}`);
		const draft = new LedgerDraft();
		const lacking: Lacking[] = [];
		const warnings: string[] = [];
		const touched: [Account, BudgetPeriod][] = [];
		for (const [budget, account, period] of this.#covering(hold.scope, now)) {
			const need = period.gross + hold.amount;
			touched.push([account, period]);
			if (budget.warns(account, period, need, now)) warnings.push(budget.spec.id);
			if (need <= period.counters.allowed) continue;
			const short = need - budget.ceiling(account, period, now);
			if (short <= 0) budget.raise(draft, account, period, need, this.#maxStep, now);
			else if (budget.spec.owner === "team") lacking.push({ period: period.ref, amount: short });
			else return { outcome: "refused", by: exhausted(budget, account, period, hold.amount, now) };
		}
		if (lacking.length > 0) return { outcome: "lacking", money: lacking };
		this.cache.commit(draft);
		for (const [account, period] of touched) {
			period.gross += hold.amount;
			note(account.recentSpend, hold.amount, now);
		}
		const token = { attemptId: hold.attemptId, amount: hold.amount, lines: touched.map(([, { ref }]) => ref) };
		this.cache.memory.open.set(hold.attemptId, { token, expiresAt: hold.expiresAt });
		return { outcome: "admitted", token, warnings };
	}

	/** Keeps a hold open for longer; false when this copy knows of no such hold. */
	extend(attemptId: string, expiresAt: number): boolean {
		const hold = this.cache.memory.open.get(attemptId);
		if (hold === undefined) return false;
		hold.expiresAt = Math.max(hold.expiresAt, expiresAt);
		return true;
	}

	/** What is held for an attempt; null when this copy knows of no such hold. */
	tokenOf(attemptId: string): HoldToken | null {
		return this.cache.memory.open.get(attemptId)?.token ?? null;
	}

	/** The most that one hold may take now. */
	affordable(scope: SpendScope, at: number): Affordable {
		const now = this.#enter(at);
		let tightest: Affordable = null;
		for (const [budget, account, period] of this.#covering(scope, now)) {
			const amount = roomFor(budget, account, period, now);
			if (amount === Number.POSITIVE_INFINITY || (tightest !== null && tightest.amount <= amount)) continue;
			tightest = { amount, budgetId: budget.spec.id, owner: budget.spec.owner };
		}
		return tightest;
	}

	/** What each of the budgets that cover an attempt leaves to one hold now. */
	rooms(scope: SpendScope, at: number, budgets = this.#budgets): Room[] {
		const now = this.#enter(at);
		return [...this.#covering(scope, now, budgets)].map(([budget, account, period]) => ({
			spec: budget.spec,
			limit: budget.limitAt(account, now),
			amount: roomFor(budget, account, period, now),
			resetsAt: budget.resetsAt(account, 0, now),
		}));
	}

	/** Ends the holds of a batch in one commit, which stores one record with the periods. */
	settle(batch: SettlementBatch, at: number): Settled {
		const now = this.cache.advance(at);
		if (batch.items.length > BATCH_ITEMS) throw new RangeError(`more than ${BATCH_ITEMS} settlements in a batch`);
		if (!(batch.sentAt > now - REPEATABLE_MS)) return { outcome: "late" };
		const draft = new LedgerDraft();
		const settlements = new Map<string, Settlement>();
		for (const item of batch.items) {
			const ending = judgedSettlement(item);
			if (ending === null || settlements.has(ending.token.attemptId)) continue;
			settlements.set(ending.token.attemptId, this.#end(draft, ending));
		}
		const { id, sentAt, partOf = [], context = EMPTY_BATCH_CONTEXT } = batch;
		draft.record = { kind: "settlement", id, sentAt, partOf, at: now, settlements: [...settlements.values()], context };
		// These attempts are over even if the commit fails.
		for (const attemptId of settlements.keys()) this.cache.memory.open.delete(attemptId);
		if (this.cache.commit(draft) === "repeated") return { outcome: "repeated" };
		return { outcome: "applied", settlements: [...settlements.values()] };
	}

	/** Removes expired holds, each after `record` has stored it. They stay charged. */
	expire(at: number, record: (hold: OpenHold) => void = () => {}): HoldToken[] {
		return takeExpired(this.cache.memory.open, this.cache.advance(at), record);
	}

	/** Closes all head-room, so that only a crash leaves anything unproven. For an object that falls idle. */
	rest(): void {
		this.#closeAll(() => true);
	}

	/** The figures of a budget, or of one end user of it; null when the budget is not in force. */
	status(budgetId: string, endUser: string, at: number): BudgetStatus | null {
		const now = this.#enter(at);
		const budget = this.#budgets.find(({ spec }) => spec.id === budgetId);
		if (budget === undefined) return null;
		return statusOf(budget, this.cache.account(budgetId, endUser), this.cache.memory.open, now);
	}

	/** The time that counts. A clock that was set back may lie before stored windows, so the store is read first. */
	#enter(at: number): number {
		for (const { spec } of this.#budgets) if (!spec.perEndUser) this.cache.account(spec.id, "");
		return this.cache.advance(at);
	}

	*#covering(scope: SpendScope, now: number, budgets = this.#budgets): Generator<[Budget, Account, BudgetPeriod]> {
		for (const budget of budgets) {
			if (!budget.covers(scope)) continue;
			const endUser = budget.endUserOf(scope);
			const account = this.cache.account(budget.spec.id, endUser);
			yield [budget, account, budget.currentPeriod(this.cache, account, endUser, now)];
		}
	}

	/** What this copy itself admitted takes precedence over what the token says. */
	#end(draft: LedgerDraft, ending: JudgedSettlement): Settlement {
		const { attemptId } = ending.token;
		const token = this.cache.memory.open.get(attemptId)?.token ?? ending.token;
		const there = new Map<BudgetPeriod, Account>();
		for (const ref of token.lines) {
			const account = this.cache.account(ref.budgetId, ref.endUser);
			// A forgotten period takes nothing more. One that only saw holds of 0 was never stored, but can overrun.
			const wasRaised = (account.periods.get(ref.window)?.counters.allowed ?? 0) > 0;
			if (!wasRaised && (token.amount > 0 || ending.overrun === 0)) continue;
			there.set(this.cache.period(account, ref), account);
		}
		// A token that claims more than is open in a period was not made here: what it held stays charged.
		const open = [...there.keys()].every((period) => unsettled(draft.of(period)) >= token.amount);
		const known = open && token.amount === ending.token.amount;
		if (known) {
			for (const [period, account] of there) {
				draft.set(period, credited(draft.of(period), token.amount, ending.charged, ending.overrun));
				// Head-room was allowed before the overrun was known. Closing it makes the overrun count before new holds.
				if (ending.overrun > 0) for (const each of account.periods.values()) draft.close(each);
			}
		}
		const { charged, overrun, ended, estimated, suspect } = known
			? ending
			: { charged: token.amount, overrun: 0, ended: "settled" as const, estimated: true, suspect: true };
		return { attemptId, held: token.amount, charged, overrun, ended, estimated, suspect, periods: token.lines };
	}

	#closeAll(which: (budgetId: string) => boolean): void {
		const draft = new LedgerDraft();
		for (const [budgetId, users] of this.cache.memory.accounts) {
			if (!which(budgetId)) continue;
			for (const { periods } of users.values()) for (const period of periods.values()) draft.close(period);
		}
		this.cache.commit(draft);
	}
}

function isHold(amount: number): boolean {
	return Number.isSafeInteger(amount) && amount >= 0 && amount <= MAX_LIMIT_NANO_USD;
}

function roomFor(budget: Budget, account: Account, period: BudgetPeriod, now: number): number {
	return Math.max(0, budget.ceiling(account, period, now) - period.gross);
}

function exhausted(budget: Budget, account: Account, period: BudgetPeriod, amount: number, now: number): Exhausted {
	const limit = budget.limitAt(account, now);
	const affordable = roomFor(budget, account, period, now);
	return {
		budgetId: budget.spec.id,
		limit,
		used: limit - affordable,
		affordable,
		resetsAt: amount > limit ? null : budget.resetsAt(account, amount, now),
	};
}
