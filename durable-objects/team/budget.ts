// The budgets that a team's keys share: what is lent to each key, and what may still be lent.
import { type BudgetSpec, MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import type { TeamBudgetAmounts } from "#core/budget/budget-status";
import type { LeaseReply, LeaseReport } from "#durable-objects/shared/lease-protocol";
import { leavesAt, stillCounts, WindowClock } from "#durable-objects/shared/window";
import { nanoUsd } from "#metering/money";
import type { Adjustment, Share, TeamChange, TeamStore } from "./store";

/** One window of a budget: what each key was lent. */
interface Period {
	readonly shares: Map<string, Share>;
	adjusted: number;
}

/** What one copy of the team's object knows, as plain data: by budget, then by the window's start. */
type TeamMemory = Map<string, Map<number, Period>>;

/** The figures of a team's budget in its current window. */
interface LendingStatus extends TeamBudgetAmounts {
	readonly budgetId: string;
	/** In nano-dollars, with what admins added. */
	readonly limit: number;
}

/** What a key holds of a budget in the windows that count now, in nano-dollars. */
export interface KeyShare {
	readonly keyId: string;
	readonly lent: number;
	readonly settled: number;
	/** The order of its last report: milliseconds since the epoch by the key's own clock. */
	readonly heard: number;
}

/** A budget in force. */
interface Binding {
	readonly spec: BudgetSpec;
	readonly clock: WindowClock;
	/** For times long past, so that `clock` keeps the current window cached. */
	readonly pastClock: WindowClock;
}

function clockOf({ window, timeZone }: BudgetSpec): WindowClock {
	return new WindowClock(window, timeZone);
}

/** Clocks of objects differ: the team still lends for a window that begins or ended within this many milliseconds. */
const SKEW_MS = 60_000;
/** A window that ended longer ago, in milliseconds, is forgotten. */
export const LATE_MS = 86_400_000;

const NO_SHARE: Share = {
	granted: nanoUsd(0),
	returned: nanoUsd(0),
	settled: nanoUsd(0),
	overrun: nanoUsd(0),
	heard: 0,
};

/**
 * The budgets that a team's keys share. I2: the sum of what keys hold, G - R, never exceeds the limit, because money
 * counts as spent from the moment it is lent, in a commit, until its key reports that it gave it back, which a key
 * stores before it reports it. I7: when all keys have returned what they can, exactly what they used is lent.
 *
 * Only an overrun (`owed`) is covered beyond the limit, because it is spent already: nothing more is lent until it
 * fits.
 */
export class TeamBudgets {
	readonly #store: TeamStore;
	readonly #memory: TeamMemory;
	#budgets: ReadonlyMap<string, Binding> = new Map();

	constructor(store: TeamStore, specs: readonly BudgetSpec[], memory: TeamMemory = new Map()) {
		this.#store = store;
		this.#memory = memory;
		this.configure(specs);
	}

	/** A lower limit lends nothing more until what is lent fits; what keys hold unused has to be recalled. */
	configure(specs: readonly BudgetSpec[]): void {
		for (const { limit } of specs) {
			if (!Number.isSafeInteger(limit) || limit < 0 || limit > MAX_LIMIT_NANO_USD)
				throw new RangeError(`not a limit: ${limit}`);
		}
		this.#budgets = new Map(specs.map((spec) => [spec.id, { spec, clock: clockOf(spec), pastClock: clockOf(spec) }]));
	}

	/**
	 * Takes a key's report and lends what it asks for, if enough is left. Null for a budget that is not in force, and for
	 * a window so long past that it is forgotten.
	 */
	exchange(report: LeaseReport, now: number): LeaseReply | null {
		const budget = this.#budgets.get(report.budgetId);
		if (budget === undefined || this.#isPast(report.budgetId, report.window, now)) return null;
		const before = this.#periods(report.budgetId).get(report.window)?.shares.get(report.keyId) ?? NO_SHARE;
		// A key that owes more than it was lent has overrun: the team covers it.
		const granted = Math.max(before.granted, report.owed);
		if (report.returned > granted) throw new RangeError(`${report.keyId} returns what it was never lent`);
		const merged = {
			...before,
			granted: nanoUsd(granted),
			returned: nanoUsd(Math.max(before.returned, report.returned)),
			// The true cost of a job lowers it, so the later report is the true one.
			settled: report.order >= before.heard ? nanoUsd(report.settled) : before.settled,
			overrun: nanoUsd(Math.max(before.overrun, report.overrun)),
			heard: Math.max(before.heard, report.order),
		};
		const room = this.#room(report, merged, now);
		const isLatest = report.order >= before.heard;
		const lends = isLatest && report.least > merged.granted && this.#isOpen(report, now);
		const fits = report.least - merged.granted <= room;
		const after = lends && fits ? { ...merged, granted: nanoUsd(this.#grant(report, merged, room, now)) } : merged;
		this.#keepShare(report, before, after, now);
		const lacks = lends && !fits;
		return {
			budgetId: report.budgetId,
			window: report.window,
			granted: after.granted,
			available: lacks ? Math.max(0, room) : null,
			recall: lacks ? this.#holders(report, now) : [],
			heard: after.heard,
			isCovered: room >= after.granted - merged.granted,
		};
	}

	/** Changes the limit of the current window. */
	adjust(adjustment: Omit<Adjustment, "window" | "at">, now: number): "adjusted" | "repeated" | "no such budget" {
		const budget = this.#budgets.get(adjustment.budgetId);
		if (budget === undefined) return "no such budget";
		const window = budget.clock.at(now).start;
		const adjusted = (this.#periods(adjustment.budgetId).get(window)?.adjusted ?? 0) + adjustment.amount;
		if (!Number.isSafeInteger(adjustment.amount) || Math.abs(adjusted) > MAX_LIMIT_NANO_USD) {
			throw new RangeError(`not an adjustment: ${adjustment.amount}`);
		}
		const full = { ...adjustment, window, at: now };
		if (this.#commit({ shares: [], forgotten: [], adjustment: full, grants: [] }) === "repeated") return "repeated";
		this.#period(adjustment.budgetId, window).adjusted = adjusted;
		return "adjusted";
	}

	/** Null for a budget that is not in force. */
	status(budgetId: string, now: number): LendingStatus | null {
		const budget = this.#budgets.get(budgetId);
		if (budget === undefined) return null;
		const { spec, clock } = budget;
		const window = clock.at(now).start;
		let [settled, lent, overrun, resetsAt] = [0, 0, 0, clock.at(now).end];
		for (const [start, { shares }] of this.#counting(budgetId, window, now)) {
			for (const share of shares.values()) {
				settled += share.settled;
				lent += share.granted - share.returned;
				overrun += share.overrun;
			}
			if (typeof spec.window === "object")
				resetsAt = Math.min(resetsAt ?? start, leavesAt(start, spec.window.rollingSeconds));
		}
		const limit = Math.max(0, this.#limit(budgetId, window, now));
		return { budgetId, limit, settled, lent, overrun, remaining: Math.max(0, limit - lent), resetsAt };
	}

	/** What each key holds in the current window, by its last report; keys that hold and spent nothing are left out. */
	shares(budgetId: string, now: number): KeyShare[] {
		const window = this.#budgets.get(budgetId)?.clock.at(now).start ?? 0;
		const keys = new Map<string, KeyShare>();
		for (const [, { shares }] of this.#counting(budgetId, window, now)) {
			for (const [keyId, { granted, returned, settled, heard }] of shares) {
				const sum = keys.get(keyId) ?? { keyId, lent: 0, settled: 0, heard: 0 };
				const lent = sum.lent + granted - returned;
				keys.set(keyId, { keyId, lent, settled: sum.settled + settled, heard: Math.max(sum.heard, heard) });
			}
		}
		return [...keys.values()].filter(({ lent, settled }) => lent > 0 || settled > 0);
	}

	/**
	 * Forgets the windows that are past, and, a day after the registration in force was made at `registeredAt`, budgets
	 * that are not in it. Returns when there is more to forget, or null when there never will be before something is
	 * lent.
	 */
	forget(registeredAt: number, now: number): number | null {
		let next: number | null = null;
		for (const [budgetId, { spec, pastClock }] of this.#budgets) {
			const forgotten = this.#past(budgetId, now).filter(({ window }) => this.#isLent(budgetId, window));
			if (forgotten.length > 0) {
				this.#commit({ shares: [], forgotten, adjustment: null, grants: [] });
				for (const { window } of forgotten) this.#periods(budgetId).delete(window);
			}
			let last = -1;
			for (const window of this.#periods(budgetId).keys()) {
				if (this.#isLent(budgetId, window)) last = Math.max(last, window);
			}
			if (last === -1) continue;
			const { end } = pastClock.at(last);
			const over = typeof spec.window === "object" ? leavesAt(last, spec.window.rollingSeconds) : end;
			if (over !== null) next = Math.min(next ?? Number.POSITIVE_INFINITY, over + LATE_MS);
		}
		const goneAt = registeredAt + LATE_MS;
		if (now < goneAt) return Math.min(next ?? goneAt, goneAt);
		this.#store.forgetAllBut([...this.#budgets.keys()]);
		for (const budgetId of this.#memory.keys()) if (!this.#budgets.has(budgetId)) this.#memory.delete(budgetId);
		return next;
	}

	#isLent(budgetId: string, window: number): boolean {
		return (this.#periods(budgetId).get(window)?.shares.size ?? 0) > 0;
	}

	/** What the key would like, but no more than a fair part of the rest; in the last tenth, one hold at a time. */
	#grant({ budgetId, window, keyId, least, wanted }: LeaseReport, share: Share, room: number, now: number): number {
		const keys = new Set([...this.#holders({ budgetId, window, keyId }, now), keyId]);
		const isScarce = room * 10 < this.#limit(budgetId, window, now);
		const fair = isScarce ? 0 : share.granted + Math.floor(room / (4 * keys.size));
		const granted = Math.max(least, Math.min(wanted, fair));
		if (granted - share.granted > room) throw new RangeError("I2: more lent than there is");
		return granted;
	}

	/** What may still be lent, given what this key's share will be. */
	#room({ budgetId, window, keyId }: LeaseReport, share: Share, now: number): number {
		const { spec } = this.#budgets.get(budgetId) ?? {};
		if (spec?.action === "warn") return MAX_LIMIT_NANO_USD;
		let lent = share.granted - share.returned;
		for (const [start, { shares }] of this.#counting(budgetId, window, now)) {
			for (const [other, { granted, returned }] of shares) {
				if (start !== window || other !== keyId) lent += granted - returned;
			}
		}
		return this.#limit(budgetId, window, now) - lent;
	}

	#limit(budgetId: string, window: number, now: number): number {
		let limit = this.#budgets.get(budgetId)?.spec.limit ?? 0;
		for (const [, { adjusted }] of this.#counting(budgetId, window, now)) limit += adjusted;
		return limit;
	}

	/** Other keys that hold money of the same kind. */
	#holders({ budgetId, window, keyId }: Pick<LeaseReport, "budgetId" | "window" | "keyId">, now: number): string[] {
		const keys = new Set<string>();
		for (const [, { shares }] of this.#counting(budgetId, window, now)) {
			for (const [other, { granted, returned }] of shares) if (granted > returned && other !== keyId) keys.add(other);
		}
		return [...keys];
	}

	/** The periods that count together with `window`: itself, and for a rolling budget the parts before it. */
	#counting(budgetId: string, window: number, now: number): [number, Period][] {
		const rolling = this.#budgets.get(budgetId)?.spec.window;
		return [...this.#periods(budgetId)].filter(([start]) =>
			typeof rolling === "object"
				? stillCounts(start, rolling.rollingSeconds, Math.min(now, window))
				: start === window,
		);
	}

	/** Parts of a rolling window may be shorter than clocks differ, so all of them in reach are open. */
	#isOpen({ budgetId, window }: LeaseReport, now: number): boolean {
		const clock = this.#budgets.get(budgetId)?.clock;
		if (clock === undefined || clock.at(window).start !== window) return false;
		return clock.at(now - SKEW_MS).start <= window && window <= clock.at(now + SKEW_MS).start;
	}

	#keepShare({ budgetId, window, keyId }: LeaseReport, before: Share, after: Share, now: number): void {
		const names = ["granted", "returned", "settled", "overrun", "heard"] as const;
		if (names.every((name) => before[name] === after[name])) return;
		const forgotten = this.#periods(budgetId).has(window) ? [] : this.#past(budgetId, now);
		const ref = { budgetId, window, keyId };
		const { heard: _, ...figures } = after;
		const isMoved = before.granted !== after.granted || before.returned !== after.returned;
		const grants = isMoved ? [{ at: now, ...ref, ...figures }] : [];
		this.#commit({ shares: [{ ref, share: after }], forgotten, adjustment: null, grants });
		this.#period(budgetId, window).shares.set(keyId, after);
		for (const past of forgotten) this.#periods(budgetId).delete(past.window);
	}

	#past(budgetId: string, now: number): { budgetId: string; window: number }[] {
		return [...this.#periods(budgetId).keys()]
			.filter((window) => this.#isPast(budgetId, window, now))
			.map((window) => ({ budgetId, window }));
	}

	#isPast(budgetId: string, window: number, now: number): boolean {
		const { spec, pastClock } = this.#budgets.get(budgetId) ?? {};
		if (typeof spec?.window === "object") return !stillCounts(window, spec.window.rollingSeconds, now - LATE_MS);
		return window < (pastClock?.at(now - LATE_MS).start ?? 0);
	}

	#commit(change: TeamChange): "committed" | "repeated" {
		try {
			return this.#store.commit(change);
		} catch (error) {
			// Whether it is stored is unknown: everything is read again.
			this.#memory.clear();
			throw error;
		}
	}

	#period(budgetId: string, window: number): Period {
		const periods = this.#periods(budgetId);
		const period = periods.get(window) ?? { shares: new Map(), adjusted: 0 };
		periods.set(window, period);
		return period;
	}

	#periods(budgetId: string): Map<number, Period> {
		const known = this.#memory.get(budgetId);
		if (known !== undefined) return known;
		const stored = this.#store.load(budgetId);
		const periods = new Map<number, Period>();
		this.#memory.set(budgetId, periods);
		for (const { ref, share } of stored.shares) this.#period(budgetId, ref.window).shares.set(ref.keyId, share);
		for (const { window, amount } of stored.adjusted) this.#period(budgetId, window).adjusted = amount;
		return periods;
	}
}
