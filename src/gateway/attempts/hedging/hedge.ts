// Second copies of streams that stay silent: when one is sent, and where to.
import type { ProviderName } from "#core/ids";
import type { Hedge } from "#core/routing/alias";
import type { Selection } from "#gateway/attempts/candidate-queue";
import type { PreparedAttempt, RequestJob } from "#gateway/attempts/prepared-attempt";

/** Sooner no second copy is sent unless the alias says so, in milliseconds. */
const MIN_DELAY_MS = 2_000;
/** The longest prompt that is sent twice, as its bound counts: in bytes, about four to a token. */
const MAX_PROMPT_BYTES = 32_000;

/**
 * After how long without content a stream gets a second copy, in milliseconds; null for never: when the alias sets no
 * delay and the usual one is unknown, when a copy would be dear or long, or when it would do something twice.
 */
export function hedgeDelay(
	hedge: Hedge,
	{ operation, request }: RequestJob,
	first: PreparedAttempt,
	usual: number | null,
): number | null {
	if (!request.stream || operation.hasEffects(request) || !isCheap(hedge, first)) return null;
	return hedge.afterMs ?? (usual === null ? null : Math.max(MIN_DELAY_MS, usual));
}

/** Where a second copy may go: to another provider, if it is cheap there too. */
export function secondCopy(first: ProviderName, hedge: Hedge): Selection {
	return { notAt: first, suits: (prepared) => isCheap(hedge, prepared) };
}

function isCheap({ mostHeld }: Hedge, { bound }: PreparedAttempt): boolean {
	return bound !== null && bound.amount <= mostHeld && bound.inputTokens <= MAX_PROMPT_BYTES;
}
