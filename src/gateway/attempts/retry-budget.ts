/** Whether a team may make a further attempt at a provider, so that an outage does not become a storm. */
import type { ProviderName, TeamId } from "#core/ids";
import { LruMap } from "#lib/lru-map";

/** Failures that a team may cause at a provider in one go, beyond its first attempts. */
const MAX_FAILURES = 10;
/** What each first attempt adds: in the long run one attempt in ten may be a further one that fails. */
const TOKENS_PER_FIRST_ATTEMPT = 0.1;
/**
 * After this time one further attempt is always free, in milliseconds, so that a team with little traffic can fail
 * over.
 */
const FREE_ATTEMPT_INTERVAL_MS = 10_000;
/** Teams and providers that an isolate remembers. */
const MAX_PAIRS = 10_000;

interface Bucket {
	tokens: number;
	/** When the floor was last used, in milliseconds since the epoch. */
	lastFreeAt: number;
}

/**
 * What keeps further attempts from becoming a storm when everything fails: a bucket of tokens per team and provider.
 * First attempts fill it, a further attempt that fails takes one, and while it is empty none is made but one in ten
 * seconds. A further attempt that is answered takes nothing: moving a whole provider's traffic to another one is not a
 * storm. After gRPC's retry throttling (proposal A6), which counts failures too. Each isolate counts by itself.
 */
export class RetryBudgets {
	readonly #buckets = new LruMap<Bucket>(MAX_PAIRS);

	/** Whether a further attempt may be made now. */
	allows(team: TeamId, provider: ProviderName, now: number): boolean {
		const { tokens, lastFreeAt } = this.#bucket(team, provider);
		return tokens >= 1 || now - lastFreeAt >= FREE_ATTEMPT_INTERVAL_MS;
	}

	firstBegan(team: TeamId, provider: ProviderName): void {
		const bucket = this.#bucket(team, provider);
		bucket.tokens = Math.min(MAX_FAILURES, bucket.tokens + TOKENS_PER_FIRST_ATTEMPT);
	}

	furtherBegan(team: TeamId, provider: ProviderName, now: number): void {
		const bucket = this.#bucket(team, provider);
		if (bucket.tokens < 1) bucket.lastFreeAt = now;
	}

	furtherFailed(team: TeamId, provider: ProviderName): void {
		const bucket = this.#bucket(team, provider);
		bucket.tokens = Math.max(0, bucket.tokens - 1);
	}

	#bucket(team: TeamId, provider: ProviderName): Bucket {
		return this.#buckets.getOr(`${team}/${provider}`, () => ({ tokens: MAX_FAILURES, lastFreeAt: 0 }));
	}
}
