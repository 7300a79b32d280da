// Aliases as the router reads them.

/** How a candidate is chosen among several. */
export type Strategy = "priority" | "weighted" | "cheapest" | "fastest" | "steadiest" | "balanced" | "auto";

/** What `auto` and `balanced` weigh most. */
export type Optimize = "cost" | "latency" | "quality" | "balanced";

interface AliasTarget {
	/** As `provider/model`, or a bare model id that any provider may serve. */
	readonly model: string;
	/** Its part of the traffic under `weighted`, relative to the others. */
	readonly weight: number;
}

/** A name for a ranked list of models, with how they are chosen and what happens when one fails. */
export interface Alias {
	readonly name: string;
	/** Rises with every change; earlier versions can be put back. */
	readonly version: number;
	/** Most preferred first; at least one. */
	readonly targets: readonly AliasTarget[];
	readonly strategy: Strategy;
	readonly optimize: Optimize;
	/** A conversation stays where it began while health allows, so that the vendor's prompt cache keeps working. */
	readonly sticky: boolean;
	/** Whether a refusal of the content, or of its length, moves on to the next target. */
	readonly fallThrough: { readonly content: boolean; readonly context: boolean };
	/** An empty answer, invalid JSON for a schema or an unparsable tool call moves on to the next target. */
	readonly escalate: boolean;
	/** A second copy at another provider when the first stays silent; null for never. */
	readonly hedge: Hedge | null;
	/** The target to use instead when a budget runs low; null for none. */
	readonly downgrade: Downgrade | null;
	/**
	 * A stream that is slow at first is abandoned for the next target, before anything of it is passed on; null for
	 * never.
	 */
	readonly slowStream: SlowStream | null;
	/** Has what came before of a prompt marked for the vendor's cache, where the protocol knows marks. */
	readonly cachePrompts?: true;
	/** Milliseconds; null for the model's own. */
	readonly timeoutMs: number | null;
	readonly ttftTimeoutMs: number | null;
}

export interface Hedge {
	/** Milliseconds without content after which the second copy starts; null: the first one's usual p95, at least 2 s. */
	readonly afterMs: number | null;
	/** Neither copy may hold more, in nano-dollars. */
	readonly mostHeld: number;
}

export interface SlowStream {
	/** Fewer are too slow. */
	readonly tokensPerSecond: number;
	/** How long it is looked at, and held back for, from its first content on, in milliseconds. */
	readonly forMs: number;
}

export interface Downgrade {
	/** Used when the tightest budget has spent more than this share of its limit, from 0 to 1. */
	readonly above: number;
	readonly model: string;
}
