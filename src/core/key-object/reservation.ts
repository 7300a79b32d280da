// What the isolate asks a key's object before each attempt, and the answers.
import type { BudgetSpec, HoldToken, SpendScope } from "#core/budget/budget";
import type { LimitFigures, LimitName } from "#core/budget/limits";
import type { KeyState } from "#core/key/key";
import type { AdmissionRequest, RefusalReason } from "./admission";

/** What the Worker asks of a key's object before each attempt. */
export interface ReserveRequest extends AdmissionRequest {
	/** Unique per attempt; repeating the same attempt holds nothing more. */
	readonly attemptId: string;
	readonly scope: SpendScope;
	/** The most that the attempt can cost, in nano-dollars; null when the model's price is not known. */
	readonly amount: number | null;
	/**
	 * The least hold that is of use, in nano-dollars. Below `amount` when the caller named no output limit: the object
	 * may then hold less than `amount`, and the Worker limits the output to what was held.
	 */
	readonly atLeast: number;
	/** The most tokens, prompt and output, that the attempt is expected to use. */
	readonly tokens: number;
	/** How long the hold counts as open without a sign of life, in milliseconds. */
	readonly openMs: number;
	/**
	 * For how long it may wait for a concurrency slot, in milliseconds. Absent, as from a Worker of an earlier release,
	 * it does not wait.
	 */
	readonly waitMs?: number;
	/**
	 * Not the first attempt of its request, which the key's limits have admitted: they count it and refuse it no more.
	 */
	readonly further?: true;
}

/** The state of the tightest budget. Amounts in nano-dollars, times in milliseconds since the epoch. */
export interface BudgetFigure {
	readonly budget: BudgetSpec;
	readonly remaining: number;
	readonly resetsAt: number | null;
}

export type Reservation =
	/** `token` is null when no budget binds; its amount says what was held. */
	| {
			readonly outcome: "granted";
			readonly token: HoldToken | null;
			readonly figures: LimitFigures;
			readonly tightest: BudgetFigure | null;
			/** Budgets that only warn and are beyond their limit now. */
			readonly warnings: readonly string[];
	  }
	/**
	 * The Worker decided under another version of the key than is in force. Nothing is held: the Worker must decide anew
	 * and ask again.
	 */
	| { readonly outcome: "changed"; readonly current: KeyState }
	| { readonly outcome: "refused"; readonly reason: RefusalReason }
	| {
			readonly outcome: "limited";
			readonly limit: LimitName;
			readonly most: number;
			readonly retryAfterMs: number;
			readonly figures: LimitFigures;
			/** Of the budgets that all end users share. Absent from an object of an earlier release. */
			readonly tightest?: BudgetFigure | null;
	  }
	| { readonly outcome: "exhausted"; readonly by: BudgetFigure; readonly figures: LimitFigures }
	/** A budget binds and the model has no known price. */
	| { readonly outcome: "unpriced"; readonly budget: BudgetSpec }
	/** The object cannot know what is in force, or whether there is money. */
	| { readonly outcome: "unavailable" }
	/** The object waits for the database to take what it owes, and accounts for no more work until then. */
	| { readonly outcome: "backlogged" };
