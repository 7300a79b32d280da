// An API key as it is registered, copied to the edge, and in force.
import type { BudgetSpec } from "#core/budget/budget";
import type { KeyLimits } from "#core/budget/limits";
import type { KeyId, SecretId, TeamId } from "#core/ids";
import type { KeyPolicy } from "./policy";

/** What is true of an API key at one version. */
export interface KeyState {
	readonly keyId: KeyId;
	readonly teamId: TeamId;
	readonly name: string;
	/** Rises with every change, and with the clock, so that a restored registry cannot issue one twice. */
	readonly version: number;
	readonly policy: KeyPolicy;
}

/** What one secret leads to: the copy that the edge keeps under the secret's digest. */
export interface KeyRecord extends KeyState {
	readonly secretId: SecretId;
}

/** All that the key's object needs to admit requests by itself. Times are in milliseconds since the epoch. */
export interface KeyRegistration extends KeyState {
	readonly revokedAt: number | null;
	/** The secrets that were valid when this was read; one that is missing was replaced. */
	readonly secrets: readonly { readonly id: SecretId; readonly validUntil: number | null }[];
	readonly limits: KeyLimits;
	/** The key's own budgets and those of its team. */
	readonly budgets: readonly BudgetSpec[];
}

/** A presented secret that leads to a known key, not yet admitted by the key's object. */
export interface Identified {
	readonly record: KeyRecord;
	/** HMAC of the presented secret, in hex. */
	readonly digest: string;
	/** Last four characters of the presented key. */
	readonly last4: string;
}
