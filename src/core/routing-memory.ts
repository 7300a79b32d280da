import type { CredentialId } from "./ids";

/** What a routed attempt taught about its conversation and its family of tasks. Hashes hold no text of the request. */
export interface Learnt {
	/** A hash; null when the request has no conversation to come back to. */
	readonly conversation: string | null;
	/** A hash of key, system prompt and tools. */
	readonly family: string;
	/** As `provider/model`. */
	readonly target: string;
	readonly credential: CredentialId;
	/** Nothing that could be used came back, or it had to be made again elsewhere. */
	readonly failed: boolean;
	/** Tokens; null when nobody knows. */
	readonly prompt: { readonly tokens: number; readonly cached: number } | null;
	readonly output: number | null;
}

/** Where a conversation was served last. */
export interface Affinity {
	/** As `provider/model`. */
	readonly target: string;
	readonly credential: CredentialId;
	/** Of its last prompt, the share that the vendor had cached, from 0 to 1; null when nobody knows. */
	readonly cachedShare: number | null;
	/** Milliseconds since the epoch. */
	readonly at: number;
}

/** How a family of tasks fares at one target. */
export interface FamilyTarget {
	readonly attempts: number;
	readonly failures: number;
	/** Mean output in tokens, the last ones counting most; null without any. */
	readonly output: number | null;
}

/** What is known of a family of tasks. */
export interface Family {
	/** By `provider/model`. */
	readonly targets: ReadonlyMap<string, FamilyTarget>;
	/** Mean output in tokens over all targets; null without any. */
	readonly output: number | null;
}

/** What was learnt while serving, as the router reads it. */
export interface RoutingMemory {
	/** Where a conversation was served; null when that is not known or too long ago. `now` in milliseconds since the epoch. */
	affinity(conversation: string, now: number): Affinity | null;
	family(family: string): Family | null;
}
