// Finds the record of the key that a request presents.
import type { Config } from "#config";
import { GatewayError } from "#core/errors";
import type { Identified } from "#core/key/key";
import { keyRefused, namedKey } from "#gateway/spending/key-errors";
import type { Call } from "#http/call";
import type { HeaderReader } from "#lib/header-map";
import { digestKey } from "#store/keys/key-digest";
import { LookupUnavailable } from "#store/keys/key-lookup";
import { callerAddress } from "./caller-address";
import { isWellFormedKey, lastFour } from "./key-format";

/** Headers that carry the bare key, as SDKs of Anthropic, of OpenAI for Azure, and of Google name them. */
export const KEY_HEADERS = ["x-api-key", "api-key", "x-goog-api-key"] as const;
/** Where the query may carry the key as `key`: in Google's own API alone, since addresses end up in logs. */
const QUERY_KEY_PATHS = /^\/native\/(?:gemini|google)(?:\/|$)/;

/**
 * Finds the key that a request presents; whether it may be used now is for `admit` to say. Throws `GatewayError`: 429
 * when too many unknown keys came, before a store is asked; 401 without a key, with two different ones, with one that
 * is malformed or unknown; 503 `key_lookup_unavailable` when no store can answer and the key was not seen here lately.
 */
export async function identify({
	headers,
	url,
	env,
	config,
	execution,
	isolate: { keyDigests, keyLookup, failedLogins },
	receivedAt: now,
}: Pick<Call, "headers" | "url" | "env" | "config" | "execution" | "isolate" | "receivedAt">): Promise<Identified> {
	const text = presentedKey(headers, url);
	const last4 = lastFour(text);
	const digest = keyDigests.getOr(text, () => digestOf(text, last4, config));
	const address = callerAddress({ headers });
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

/** The digest of a key that may be one of ours. Throws before any look-up, so that guesses and slips cost nothing. */
function digestOf(text: string, last4: string, { demoKey, keyPepper }: Config): string {
	if (!isWellFormedKey(text) && text !== demoKey) {
		throw keyRefused(`${namedKey(last4)} is not one of this gateway's: it is mistyped, or of another service`);
	}
	return digestKey(text, keyPepper);
}

/** The key from whichever place carries it: each SDK has its own. */
function presentedKey(headers: HeaderReader, url: URL): string {
	const found = new Map<string, string>();
	for (const [place, key] of carried(headers, url)) if (key !== null && key !== "") found.set(place, key);
	const [first, ...others] = found;
	if (first === undefined) {
		throw keyRefused(
			"no API key was sent; send one as `Authorization: Bearer <key>`, `x-api-key: <key>`, `api-key: <key>` or `x-goog-api-key: <key>`",
		);
	}
	const [place, key] = first;
	const other = others.find(([, text]) => text !== key);
	if (other !== undefined) {
		throw keyRefused(`the request carries different keys in \`${place}\` and \`${other[0]}\`; send one`);
	}
	return key;
}

/**
 * All places that may carry a key, and what each holds; null for nothing. The runtime makes `searchParams` anew for
 * each address, which costs nearly as much as a call of `fetch`: it is asked only where a key may stand there.
 */
function carried(headers: HeaderReader, url: URL): [place: string, key: string | null][] {
	const inQuery = QUERY_KEY_PATHS.test(url.pathname) ? url.searchParams.getAll("key") : [];
	return [
		["Authorization", bearerToken(headers)],
		...KEY_HEADERS.map((name): [string, string | null] => [name, headers.get(name)?.trim() ?? null]),
		...inQuery.map((key, at): [string, string] => [at === 0 ? "?key=" : `?key= (${at + 1})`, key]),
	];
}

/** What `Authorization` carries as a bearer token; null without one. */
export function bearerToken(headers: HeaderReader): string | null {
	return /^bearer +(\S.*)$/i.exec(headers.get("authorization")?.trim() ?? "")?.[1] ?? null;
}

function unavailable(): GatewayError {
	return GatewayError.of("key_lookup_unavailable", "the API key could not be looked up just now; try again");
}
