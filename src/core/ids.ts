// Ids of everything that has one, branded so that none passes for another.
declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

export type KeyId = Branded<string, "KeyId">;
export type TeamId = Branded<string, "TeamId">;
/** Names one presented secret of a key; a rotated key has two for a while. */
export type SecretId = Branded<string, "SecretId">;
/** One token for the admin API. */
export type TokenId = Branded<string, "TokenId">;
/** A person who is signed in to the console. */
export type SessionId = Branded<string, "SessionId">;
export type InvitationId = Branded<string, "InvitationId">;
/** A member's request for a key. */
export type KeyRequestId = Branded<string, "KeyRequestId">;
/** A file that a team keeps in a vendor's account. */
export type FileId = Branded<string, "FileId">;
/** Requests that a vendor works through by and by. */
export type BatchId = Branded<string, "BatchId">;
export type RequestId = Branded<string, "RequestId">;
/** A configured upstream account: a built-in name or one that an admin added. */
export type ProviderName = Branded<string, "ProviderName">;
/** One of a provider's credentials; unique at its provider. */
export type CredentialId = Branded<string, "CredentialId">;

type IdPrefix =
	| "imp"
	| "key"
	| "team"
	| "sec"
	| "prov"
	| "req"
	| "bud"
	| "chg"
	| "aud"
	| "cred"
	| "test"
	| "alert"
	| "dlv"
	| "sync"
	| "tok"
	| "ses"
	| "inv"
	| "per"
	| "ask"
	| "file"
	| "batch";

/**
 * A time-ordered id: prefix, 48-bit millisecond time, 80 random bits, in hex. Sorts by creation. `uuid` is a random
 * UUID, which the runtime makes faster than bytes can be written out; only its random digits are used.
 */
export function newId(prefix: IdPrefix, now: number, uuid: string): string {
	return `${prefix}_${now.toString(16).padStart(12, "0")}${uuid.slice(0, 8)}${uuid.slice(24)}`;
}

/** The time in an id, in milliseconds since the epoch; null for what is no such id. */
export function timeOfId(id: string): number | null {
	const [, hex] = /^[a-z]+_([0-9a-f]{12})[0-9a-f]{20}$/.exec(id) ?? [];
	return hex === undefined ? null : Number.parseInt(hex, 16);
}
