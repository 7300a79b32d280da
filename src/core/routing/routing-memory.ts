// What routing remembers of conversations and families of tasks, within bounds.
import type { CredentialId } from "#core/ids";
import { LruMap } from "#lib/lru-map";

/** What a routed attempt taught about its conversation and its family of tasks. Hashes hold no text of the request. */
export interface Learnt {
	/** A hash; null when the request has no conversation to come back to. */
	readonly conversation: string | null;
	/** A hash of key, system prompt and tools. */
	readonly family: string;
	/** As `provider/model`. */
	readonly target: string;
	readonly credential: CredentialId;
	/** Nothing that could be used came back, and not by the caller's doing. */
	readonly failed: boolean;
	/** Tokens; null when unknown. */
	readonly prompt: { readonly tokens: number; readonly cached: number } | null;
	readonly output: number | null;
}

/** Where a conversation was served last. */
export interface Affinity {
	/** As `provider/model`. */
	readonly target: string;
	readonly credential: CredentialId;
	/** Of its last prompt, the share that the vendor had cached, from 0 to 1; null when unknown. */
	readonly cachedShare: number | null;
	/** Milliseconds since the epoch. */
	readonly at: number;
}

/** How a family of tasks fares at one target. */
export interface FamilyTarget {
	/** Recent attempts: older ones count less and less. */
	readonly attempts: number;
	readonly failures: number;
	/** Mean output in tokens, the last ones counting most; null without any. */
	readonly output: number | null;
	/** Of its prompts there, the share that the vendor had cached, on average, from 0 to 1; null when unknown. */
	readonly cachedShare: number | null;
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
	/**
	 * Where a conversation was served; null when that is not known or too long ago. `now` in milliseconds since the
	 * epoch.
	 */
	affinity(conversation: string, now: number): Affinity | null;
	family(family: string): Family | null;
}

/** What one memory tells another. */
export interface Recollection {
	readonly affinity: Affinity | null;
	readonly family: Family | null;
}

/** The most that is kept; what was not touched for longest goes first. */
interface MemoryBounds {
	readonly conversations: number;
	readonly families: number;
}

/** Vendors keep a prompt for five to ten minutes without use. */
const AFFINITY_MS = 10 * 60_000;
/** The most targets of one family. */
const TARGETS = 16;
/** Attempts at a target before those so far count half. */
const HALVED_AT = 64;
/** The least part of the newest output in the mean. */
const NEWEST = 1 / 16;

/** A bounded memory: nothing in it lasts, and losing it costs no more than a cold cache. */
export class BoundedMemory implements RoutingMemory {
	readonly #affinities: LruMap<Affinity>;
	readonly #families: LruMap<Family>;

	constructor({ conversations, families }: MemoryBounds) {
		this.#affinities = new LruMap(conversations);
		this.#families = new LruMap(families);
	}

	affinity(conversation: string, now: number): Affinity | null {
		const known = this.#affinities.get(conversation);
		return known === undefined || known.at + AFFINITY_MS <= now ? null : known;
	}

	family(family: string): Family | null {
		return this.#families.get(family) ?? null;
	}

	/** `now` is when the attempt ended, in milliseconds since the epoch. */
	learn({ conversation, family, target, credential, failed, prompt, output }: Learnt, now: number): void {
		const cachedShare = prompt === null || prompt.tokens === 0 ? null : Math.min(1, prompt.cached / prompt.tokens);
		if (conversation !== null && !failed) {
			this.#affinities.set(conversation, { target, credential, cachedShare, at: now });
		}
		const known = this.#families.get(family);
		const targets = new Map(known?.targets);
		const before = targets.get(target);
		targets.delete(target);
		targets.set(target, after(before, failed, output, cachedShare));
		for (const oldest of targets.keys()) {
			if (targets.size <= TARGETS) break;
			targets.delete(oldest);
		}
		this.#families.set(family, { targets, output: mean(known?.output ?? null, output, NEWEST) });
	}

	recollect(conversation: string, family: string, now: number): Recollection {
		return { affinity: this.affinity(conversation, now), family: this.family(family) };
	}

	/** Takes over what another memory knows and this one does not. */
	adopt(conversation: string, family: string, { affinity, family: figures }: Recollection): void {
		const known = this.#affinities.get(conversation);
		if (affinity !== null && (known === undefined || known.at < affinity.at)) {
			this.#affinities.set(conversation, affinity);
		}
		if (figures !== null && this.#families.get(family) === undefined) this.#families.set(family, figures);
	}
}

function after(
	before: FamilyTarget | undefined,
	failed: boolean,
	output: number | null,
	cachedShare: number | null,
): FamilyTarget {
	const usual = before ?? { attempts: 0, failures: 0, output: null, cachedShare: null };
	const kept = usual.attempts >= HALVED_AT ? 0.5 : 1;
	const newest = Math.max(NEWEST, 1 / (usual.attempts + 1));
	return {
		attempts: usual.attempts * kept + 1,
		failures: usual.failures * kept + (failed ? 1 : 0),
		output: mean(usual.output, output, newest),
		cachedShare: mean(usual.cachedShare, cachedShare, newest),
	};
}

function mean(usual: number | null, newest: number | null, share: number): number | null {
	if (newest === null) return usual;
	return usual === null ? newest : usual + (newest - usual) * share;
}
