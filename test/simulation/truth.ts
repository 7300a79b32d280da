// What truly happened in a run, and the rules that the gateway's books must keep against it.
import type { BudgetSpec, HoldToken, PeriodRef } from "#core/budget/budget";
import type { Job, Settlement } from "#durable-objects/api-key/ledger/ledger-store";
import { leavesAt, stillCounts, WindowClock } from "#durable-objects/shared/window";
import type { Work } from "./work";

/** Something that must never happen has happened. */
export class Broken extends Error {
	override readonly name = "Broken";
}

export function must(condition: boolean, rule: string): asserts condition {
	if (!condition) throw new Broken(rule);
}

/** Clocks of the simulation differ by no more, in milliseconds. */
const SKEW_MS = 5_000;

/** An attempt as it truly is. */
interface TrueAttempt {
	readonly id: string;
	readonly keyId: string;
	/** When its request arrived, or, if the copy that granted it was replaced before, when that was. */
	readonly decidedFrom: number;
	readonly token: HoldToken | null;
	/** Null when the upstream never bills it. */
	readonly work: Work | null;
}

/** What a budget's limit may have been where and when. */
class Limits {
	readonly #first: number;
	readonly #changes: { readonly by: number; confirmedAt: number }[] = [];

	constructor(first: number) {
		this.#first = first;
	}

	/** Returns how to say that the change is in force everywhere. */
	change(by: number): (now: number) => void {
		const change = { by, confirmedAt: Number.POSITIVE_INFINITY };
		this.#changes.push(change);
		return (now) => {
			change.confirmedAt = now;
		};
	}

	/** The highest that a decision could rest on that was taken from `since` on. */
	highest(since: number): number {
		const counted = this.#changes.map(({ by, confirmedAt }) => (confirmedAt < since ? by : Math.max(0, by)));
		return Math.max(
			0,
			counted.reduce((sum, by) => sum + by, this.#first),
		);
	}
}

/** What is true, whatever the gateway and the objects believe. */
export class Truth {
	readonly attempts = new Map<string, TrueAttempt>();
	readonly #budgets = new Map<string, { readonly spec: BudgetSpec; readonly clock: WindowClock; limits: Limits }>();
	readonly #settled = new Map<string, Settlement>();
	readonly #booked = new Set<string>();
	readonly #revoked = new Map<string, number>();
	readonly #now: () => number;

	constructor(now: () => number) {
		this.#now = now;
	}

	addBudget(spec: BudgetSpec): void {
		const limits = new Limits(spec.limit);
		this.#budgets.set(spec.id, { spec, clock: new WindowClock(spec.window, spec.timeZone), limits });
	}

	/** An admin is about to change a limit; returns how to say that it is confirmed. */
	changeLimit(budgetId: string, by: number): () => void {
		const confirm = this.#budget(budgetId).limits.change(by);
		return () => confirm(this.#now());
	}

	/** A revocation is confirmed. */
	revoked(keyId: string): void {
		this.#revoked.set(keyId, this.#now());
	}

	/** An upstream begins to work, and may bill as much as was held. */
	start(attempt: TrueAttempt): void {
		must(!this.attempts.has(attempt.id), `${attempt.id} is sent twice`);
		this.attempts.set(attempt.id, attempt);
		const revokedAt = this.#revoked.get(attempt.keyId) ?? Number.POSITIVE_INFINITY;
		must(revokedAt >= attempt.decidedFrom, `${attempt.id} is sent for a revoked key`);
		// What is free may be had where a limit was lowered below what is spent.
		const isFree = attempt.token?.amount === 0;
		if (attempt.work !== null && !isFree) for (const ref of attempt.token?.lines ?? []) this.#checkLimit(attempt, ref);
	}

	/** A settlement is committed. */
	ended(settlement: Settlement): void {
		const { attemptId } = settlement;
		must(!this.#settled.has(attemptId), `${attemptId} ends twice`);
		this.#settled.set(attemptId, settlement);
		this.#checkCharge(attemptId, settlement);
	}

	/** The true cost of a job is committed. */
	booked({ id, attemptId }: Job, actual: number): void {
		must(!this.#booked.has(id), `the true cost of ${id} counts twice`);
		this.#booked.add(id);
		const bill = this.attempts.get(attemptId)?.work?.bill(this.#now()) ?? 0;
		must(actual === bill, `${id} is brought to ${actual} and billed ${bill}`);
	}

	/** Whether what is spent in a window takes room from new holds. */
	counts(budgetId: string, start: number): boolean {
		const { spec, clock } = this.#budget(budgetId);
		const { window } = spec;
		if (typeof window === "object") return stillCounts(start, window.rollingSeconds, this.#now());
		return clock.at(this.#now()).start === start;
	}

	/** What is truly owed of one key's line. */
	billed(keyId: string, ref: PeriodRef): number {
		const now = this.#now();
		let sum = 0;
		for (const { keyId: owner, token, work } of this.attempts.values()) {
			if (owner === keyId && token?.lines.some((line) => isSame(line, ref))) sum += work?.bill(now) ?? 0;
		}
		return sum;
	}

	/** Whether all charges are enough, when nobody bills any more. */
	checkCharges(): void {
		for (const [attemptId, settlement] of this.#settled) this.#checkCharge(attemptId, settlement);
	}

	#checkCharge(attemptId: string, { charged, overrun }: Settlement): void {
		const work = this.attempts.get(attemptId)?.work;
		if (work?.exaggerates)
			must(overrun === 0, `${attemptId} is charged ${overrun} beyond its hold for what cannot be true`);
		if (!work?.isOver) return;
		const bill = work.bill(this.#now());
		must(charged + overrun >= bill, `I6: ${attemptId} is charged ${charged + overrun} and billed ${bill}`);
	}

	/** What the books call a claim that cannot be true was one. */
	checkImplausible(attemptId: string): void {
		must(this.attempts.get(attemptId)?.work?.exaggerates === true, `${attemptId} told nothing that cannot be true`);
	}

	/** Everything billed, and everything that those who run may still bill, fits the budget. */
	#checkLimit(attempt: TrueAttempt, ref: PeriodRef): void {
		const { spec, clock, limits } = this.#budget(ref.budgetId);
		const now = this.#now();
		const possible = [attempt.decidedFrom - SKEW_MS, now, now + SKEW_MS].map((at) => clock.at(at).start);
		const earliest = Math.min(...possible);
		must(
			ref.window >= earliest && ref.window <= Math.max(...possible),
			`${attempt.id} counts in the window of ${ref.window}`,
		);
		const { window } = spec;
		const counts = (line: PeriodRef): boolean =>
			typeof window === "object"
				? line.window <= ref.window && leavesAt(line.window, window.rollingSeconds) > now + SKEW_MS
				: line.window === ref.window;
		let most = 0;
		for (const { token, work } of this.attempts.values()) {
			const isIn = token?.lines.some(
				(line) => line.budgetId === ref.budgetId && line.endUser === ref.endUser && counts(line),
			);
			if (isIn && work !== null) most += work.isOver ? work.bill(now) : (token?.amount ?? 0);
		}
		const limit = limits.highest(attempt.decidedFrom);
		must(most <= limit, `I1: ${attempt.id} makes up to ${most} of ${limit} in ${ref.budgetId} ${ref.endUser}`);
	}

	#budget(id: string) {
		const budget = this.#budgets.get(id);
		if (budget === undefined) throw new Broken(`a hold on a budget that does not exist: ${id}`);
		return budget;
	}
}

function isSame(a: PeriodRef, b: PeriodRef): boolean {
	return a.budgetId === b.budgetId && a.endUser === b.endUser && a.window === b.window;
}
