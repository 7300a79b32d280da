// Signs of life of a running attempt to the key's object, and of a trial to the provider's.
import type { KeyId, ProviderName } from "#core/ids";
import type { Env } from "#env";
import { KeyClient } from "#objects/key-client";
import { ProviderClient, type TrialTarget } from "#objects/provider-client";
import { OPEN_MS } from "./reservation";

/** With the deadline of a beat, at most 20 s pass from a key's revocation to the end of what runs with it. */
const BEAT_MS = 15_000;
/** Two beats for a trial may be lost before its permit is another's. */
const TRIAL_BEAT_MS = 10_000;

/**
 * Tells the key's object from time to time that an attempt is under way, so that its hold and its place among the
 * concurrent requests stay open, and calls `onRevoked`, once, when the key may not be used any more. Returns how to
 * stop. A beat that is lost does no harm while the next arrives.
 */
export function beatWhile(keys: Env["API_KEYS"], keyId: KeyId, attemptId: string, onRevoked: () => void): () => void {
	const object = new KeyClient(keys, keyId);
	let stopped = false;
	const timer = setInterval(() => void beat(), BEAT_MS);
	return stop;

	function stop(): void {
		stopped = true;
		clearInterval(timer);
	}

	async function beat(): Promise<void> {
		try {
			const { revoked } = await object.extend(attemptId, OPEN_MS);
			if (!revoked || stopped) return;
			stop();
			onRevoked();
		} catch {
			// The hold stays open for several beats.
		}
	}
}

/**
 * Tells a provider's object from time to time that the trial under a permit still waits for its first content, so that
 * no other begins beside it. Returns how to stop.
 */
export function keepTrial(
	providers: Env["PROVIDERS"],
	{ provider, ...target }: TrialTarget & { readonly provider: ProviderName },
	permit: string,
): () => void {
	const object = new ProviderClient(providers, provider);
	const beat = () =>
		object.renewTrial(target, permit).catch(() => {
			// The permit lasts for several beats.
		});
	const timer = setInterval(() => void beat(), TRIAL_BEAT_MS);
	return () => clearInterval(timer);
}
