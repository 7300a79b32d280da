// Finds the record of the key that a request presents.
import type { Config } from "#config";
import { GatewayError } from "#core/errors";
import type { Identified } from "#core/key/key";
import { keyRefused, namedKey } from "#gateway/spending/key-errors";
import type { Call } from "#http/call";
import { LruMap } from "#lib/lru-map";
import { digestKey } from "#store/keys/key-digest";
import { LookupUnavailable } from "#store/keys/key-lookup";
import { callerAddress } from "./caller-address";
import { isWellFormedKey, lastFour } from "./key-format";

/**
 * Finds the key that a request presents; whether it may be used now is for `admit` to say. Throws `GatewayError`: 429
 * when too many unknown keys came, before a store is asked; 401 without a key, with two different ones, with one that
 * is malformed or unknown; 503 `key_lookup_unavailable` when no store can answer and the key was not seen here lately.
 */
export async function identify({
	request,
	env,
	config,
	execution,
	isolate: { keyLookup, failedLogins },
	receivedAt: now,
}: Pick<Call, "request" | "env" | "config" | "execution" | "isolate" | "receivedAt">): Promise<Identified> {
	const text = presentedKey(request.headers);
	const last4 = lastFour(text);
	const digest = digestOf(text, last4, config);
	const address = callerAddress(request);
	const isRefused = keyLookup.isUnknown(digest, now);
	if (!isRefused && !keyLookup.isKnown(digest)) failedLogins.check("key", address);
	try {
		const record = isRefused ? null : await keyLookup.find(env, digest, execution, now);
		if (record === null) {
			if (!isRefused) await failedLogins.count(env, "key", address);
			throw keyRefused(`${namedKey(last4)} is not known here`);
		}
		return { record, digest, last4 };
	} catch (error) {
		throw error instanceof LookupUnavailable ? unavailable() : error;
	}
}

/** Digests kept per isolate: a key that is used is soon used again. */
const MAX_DIGESTS = 1_000;

/** By the key's text. */
const digests = new WeakMap<Config, LruMap<string>>();

/** The digest of a key that may be one of ours. Throws before any look-up, so that guesses and slips cost nothing. */
function digestOf(text: string, last4: string, config: Config): string {
	let known = digests.get(config);
	if (known === undefined) {
		known = new LruMap(MAX_DIGESTS);
		digests.set(config, known);
	}
	let digest = known.get(text);
	if (digest !== undefined) return digest;
	if (!isWellFormedKey(text) && text !== config.demoKey) {
		throw keyRefused(`${namedKey(last4)} is not one of this gateway's: it is mistyped, or of another service`);
	}
	digest = digestKey(text, config.keyPepper);
	known.set(text, digest);
	return digest;
}

/** The key from whichever header carries it. */
function presentedKey(headers: Headers): string {
	const bearer = bearerToken(headers);
	const own = headers.get("x-api-key")?.trim() || null;
	if (bearer !== null && own !== null && bearer !== own) {
		throw keyRefused("the request carries different keys in `Authorization` and `x-api-key`; send one");
	}
	const key = bearer ?? own;
	if (key === null) {
		throw keyRefused("no API key was sent; send one as `Authorization: Bearer <key>` or `x-api-key: <key>`");
	}
	return key;
}

/** What `Authorization` carries as a bearer token; null without one. */
export function bearerToken(headers: Headers): string | null {
	return /^bearer +(\S.*)$/i.exec(headers.get("authorization")?.trim() ?? "")?.[1] ?? null;
}

function unavailable(): GatewayError {
	return GatewayError.of("key_lookup_unavailable", "the API key could not be looked up just now; try again");
}
