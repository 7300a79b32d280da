// What the router decides: candidates in order, and what was left out and why.
import type { Model } from "#catalog/model";
import type { CredentialId } from "#core/ids";
import type { Alias, Strategy } from "#core/routing/alias";

/** One that could serve a request, with the credential to use. */
export interface Candidate {
	readonly model: Model;
	readonly credential: CredentialId;
	/** One of its cells is half open, or shut with no alternative left: an attempt needs a trial permit. */
	readonly needsTrial: boolean;
	/** Health put it behind the others, which may be better off without it; null when it did not. */
	readonly deferred: "shed" | "ramping" | "trial" | "shut" | null;
	/**
	 * When it is expected to be let through again, in milliseconds since the epoch: set only if no other target is left.
	 */
	readonly shutUntil: number | null;
	/** The greater the better; null under strategies that make none. */
	readonly score: number | null;
	/** What the score is made of, by part. */
	readonly parts: Readonly<Record<string, number>>;
	/** What this request is expected to cost there, in nano-dollars; null without a known price. */
	readonly expectedCost: number | null;
}

/** Why one that was named cannot serve this request. */
export interface Excluded {
	/** As `provider/model`. */
	readonly target: string;
	/** From a fixed vocabulary, such as `capability:tools`, `context`, `policy`, `price`, `region`, `health:open`. */
	readonly reason: string;
	/** When health may permit it again, in milliseconds since the epoch; null for other reasons. */
	readonly until: number | null;
}

/** Which targets serve a request, in which order, and why. */
export interface RoutePlan {
	readonly strategy: Strategy;
	/** The alias that was named; null when a model was. */
	readonly alias: Alias | null;
	/** Best first; at least one, since a plan with none is an error that says why. */
	readonly candidates: readonly Candidate[];
	readonly excluded: readonly Excluded[];
	/** The conversation stayed where it was; else why it moved, or null when it is new. */
	readonly affinity: "kept" | "left" | null;
	/** The rule of `auto` that applied; null without one. */
	readonly rule: string | null;
	/**
	 * The conversation began before, nothing is known here of where, and it matters: ask the key's object what it
	 * remembers, and plan again.
	 */
	readonly recall: boolean;
}
