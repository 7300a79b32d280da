// Reads, resets and forces the circuits of a provider, for admins.
import { GatewayError } from "#core/errors";
import type { CellPattern, Circuit, ForceOrder } from "#core/health/circuits";
import type { ProviderName } from "#core/ids";
import type { Env } from "#env";
import type { IsolateState } from "#gateway/isolate-state";
import { ProviderClient } from "#objects/provider-client";

/** Where an admin decides. */
interface On {
	readonly env: Env;
	readonly isolate: IsolateState;
}

/** Every cell of a provider, its own first; null when its object does not answer. */
export async function circuitsOf(env: Env, provider: ProviderName): Promise<readonly Circuit[] | null> {
	try {
		return await new ProviderClient(env.PROVIDERS, provider).circuits();
	} catch {
		return null;
	}
}

/**
 * Puts cells into their initial state. Throws `GatewayError` 503 when the provider's object did not confirm it, so it
 * may be done or not.
 */
export function resetCircuits(on: On, provider: ProviderName, cells: CellPattern): Promise<readonly Circuit[]> {
	return decided(on, () => new ProviderClient(on.env.PROVIDERS, provider).reset(cells));
}

/** Decides about cells, whatever outcomes say. Throws as `resetCircuits` does. */
export function forceCircuits(on: On, provider: ProviderName, order: ForceOrder): Promise<readonly Circuit[]> {
	return decided(on, () => new ProviderClient(on.env.PROVIDERS, provider).force(order));
}

/**
 * After a change that makes what was learnt of cells wrong. A provider's object that does not answer learns it anew.
 */
export async function startCircuitsAnew(on: On, provider: ProviderName, cells: CellPattern): Promise<void> {
	await resetCircuits(on, provider, cells).catch(() => {});
}

/** This isolate goes by a decision at once, the others when they refresh what they know. */
async function decided<T>({ isolate }: On, decide: () => Promise<T>): Promise<T> {
	try {
		return await decide();
	} catch {
		throw GatewayError.of(
			"health_unavailable",
			"the provider's object did not answer, so it is not certain whether this took effect; repeating is safe",
		);
	} finally {
		isolate.health.forget();
	}
}
