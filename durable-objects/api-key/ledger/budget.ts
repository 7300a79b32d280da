import type { BudgetSpec, SpendScope } from "#core/budget/budget";
import { MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import { matches } from "#core/key/policy";
import { leavesAt, stillCounts, WindowClock } from "#durable-objects/shared/window";
import { type BudgetPeriod, raised, taken } from "./budget-period";
import { ensure, lent, used } from "./counters";
import type { Account, LedgerCache, LedgerDraft } from "./ledger-cache";
import { recent } from "./recent-spend";

/** After the window that followed it began so long ago, a line is forgotten: no late truth is taken for it any more. */
export const LATE_MS = 86_400_000;

/** By how much the clocks of two objects may differ. */
export const SKEW_MS = 60_000;

/** A budget at work: which attempts it covers, and how far its lines may be raised. */
export class Budget {
	readonly spec: BudgetSpec;
	readonly #clock: WindowClock;

	/** Throws RangeError for a limit that is no amount or too large, for a zone that does not exist, and for lending per end user. */
	constructor(spec: BudgetSpec) {
		if (!Number.isSafeInteger(spec.limit) || spec.limit < 0 || spec.limit > MAX_LIMIT_NANO_USD) {
			throw new RangeError(`not a limit in nano-dollars: ${spec.limit}`);
		}
		if (spec.owner === "team" && spec.perEndUser) throw new RangeError("a team lends to keys, not to end users");
		this.spec = spec;
		this.#clock = new WindowClock(spec.window, spec.timeZone);
	}

	covers({ provider, model }: SpendScope): boolean {
		return matches(this.spec.providers, provider) && matches(this.spec.models, model);
	}

	/** The end user that a request counts for here. */
	endUserOf({ endUser }: SpendScope): string {
		return this.spec.perEndUser ? (endUser ?? "") : "";
	}

	/** Where spending is booked now. */
	currentLine(book: LedgerCache, account: Account, endUser: string, now: number): BudgetPeriod {
		const { start } = this.#clock.at(now);
		return book.line(account, { budgetId: this.spec.id, endUser, window: start });
	}

	/** The highest W that a commit may leave on the current line, so that what is used stays within what there is. */
	ceiling(account: Account, line: BudgetPeriod, now: number): number {
		if (this.spec.owner === "key" && this.spec.action === "warn") return Number.POSITIVE_INFINITY;
		return this.#room(account, line, now);
	}

	/** Whether holds up to `gross` on the line go beyond the limit of a budget that only warns. */
	warns(account: Account, line: BudgetPeriod, gross: number, now: number): boolean {
		return this.spec.action === "warn" && this.spec.owner === "key" && gross > this.#room(account, line, now);
	}

	/**
	 * Raises W before it is used up: to what is needed and a step beyond, as far as there is room. The step is what was
	 * held lately, at most `maxStep`, because a crash leaves that much unproven. Asserts I1.
	 */
	raise(draft: LedgerDraft, account: Account, line: BudgetPeriod, need: number, maxStep: number, now: number): void {
		const ceiling = this.ceiling(account, line, now);
		const to = Math.min(need + Math.min(recent(account.pace, now), maxStep), ceiling);
		const next = raised(draft.of(line), to);
		ensure(to >= need && used(next.counters) <= this.bound(account, line, now), "I1: used beyond the budget");
		draft.set(line, next);
		// What an ended window did not use, it never will; and a line whose truth nobody can bring any more is done.
		for (const other of account.lines.values()) {
			if (other === line) continue;
			if (this.#isDone(account, other, now)) draft.forgotten.push(other.ref);
			else draft.close(other);
		}
	}

	/** How much may be used on this line at most. */
	bound(account: Account, line: BudgetPeriod, now: number): number {
		const { owner, action, limit } = this.spec;
		if (owner === "team") return lent(line.counters);
		if (action === "warn") return Number.POSITIVE_INFINITY;
		return limit + this.#adjusted(account, now) - this.#usedBeside(account, line, now);
	}

	/** The lines that count at `now`: one, or the parts of a rolling window. */
	counting(account: Account, now: number): BudgetPeriod[] {
		const { window } = this.spec;
		if (typeof window === "object") {
			return [...account.lines.values()].filter(({ ref }) => stillCounts(ref.window, window.rollingSeconds, now));
		}
		const line = account.lines.get(this.#clock.at(now).start);
		return line === undefined ? [] : [line];
	}

	/** The limit with what admins added to it. */
	limitAt(account: Account, now: number): number {
		return Math.max(0, this.spec.limit + this.#adjusted(account, now));
	}

	/** When `amount` more may fit, if nothing settles for less before: null when never. */
	resetsAt(account: Account, amount: number, now: number): number | null {
		const { window } = this.spec;
		if (typeof window !== "object") return this.#clock.at(now).end;
		const limit = this.limitAt(account, now);
		const lines = this.counting(account, now).sort((a, b) => a.ref.window - b.ref.window);
		let sum = lines.reduce((total, line) => total + taken(line), 0);
		for (const line of lines) {
			sum -= taken(line);
			if (sum + amount <= limit) return leavesAt(line.ref.window, window.rollingSeconds);
		}
		return null;
	}

	#room(account: Account, line: BudgetPeriod, now: number): number {
		const { credited, forgiven, overrun, granted, returned } = line.counters;
		const back = credited + forgiven - overrun;
		if (this.spec.owner === "team") return granted - returned + back;
		return this.spec.limit + this.#adjusted(account, now) - this.#usedBeside(account, line, now) + back;
	}

	#adjusted(account: Account, now: number): number {
		return this.counting(account, now).reduce((sum, { counters }) => sum + counters.adjusted, 0);
	}

	/** Only a rolling budget counts more than the current line. A raise closes the head-room of the others. */
	#usedBeside(account: Account, line: BudgetPeriod, now: number): number {
		if (typeof this.spec.window !== "object") return 0;
		let sum = 0;
		for (const other of this.counting(account, now)) if (other !== line) sum += taken(other);
		return sum;
	}

	#isDone(account: Account, line: BudgetPeriod, now: number): boolean {
		const { window } = this.spec;
		// The team's clock may be behind, so what it still counts is kept.
		if (typeof window === "object") return !stillCounts(line.ref.window, window.rollingSeconds, now - SKEW_MS);
		for (const start of account.lines.keys()) {
			if (start > line.ref.window && start + LATE_MS <= now) return true;
		}
		return false;
	}
}
