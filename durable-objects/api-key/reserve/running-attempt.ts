// An attempt between its grant and its end, as this copy of the object knows it.
import type { SpendScope } from "#core/budget/budget";
import type { ProviderName } from "#core/ids";
import type { AttemptTarget } from "#durable-objects/api-key/ledger/batch-context";

/** An attempt that was granted and has not ended. */
export interface RunningAttempt {
	/** As counted by the token limit. */
	readonly tokens: number;
	/** Milliseconds since the epoch. */
	expiresAt: number;
	readonly scope: SpendScope;
}

/** Where an attempt was sent; its scope names the model as `provider/model`. */
export function attemptTarget({ scope: { provider, model } }: RunningAttempt): AttemptTarget {
	return { provider: provider as ProviderName, model: model.slice(provider.length + 1) };
}
