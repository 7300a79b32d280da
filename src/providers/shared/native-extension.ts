// Merges the caller's native fields into a native request.
import type { ChatRequest } from "#core/chat/chat";
import { foldedName } from "#core/chat/field-name";
import { unsupportedParameter } from "#core/errors";
import { isObject, type Json, type JsonObject } from "#lib/json";

/**
 * Merges the caller's fields for one provider into that provider's native body: objects merge, arrays append, anything
 * else replaces. `owned` are dotted paths that the gateway must decide itself, because routing, limits or the price
 * hang on them; throws `GatewayError` for those.
 */
export function withExtension(
	body: JsonObject,
	request: ChatRequest,
	provider: string,
	owned: readonly string[],
): JsonObject {
	const extension = request.providerExtensions[provider];
	if (extension === undefined) return body;
	refuseOwned(extension, provider, "", new Set(owned.map(foldedPath)));
	return merged(body, extension);
}

function refuseOwned(extension: JsonObject, provider: string, path: string, owned: ReadonlySet<string>): void {
	for (const [key, value] of Object.entries(extension)) {
		const here = path === "" ? key : `${path}.${key}`;
		// A value in place of an object would take what is owned inside it away.
		const buries = !isObject(value) && [...owned].some((name) => name.startsWith(`${foldedPath(here)}.`));
		if (owned.has(foldedPath(here)) || buries) {
			throw unsupportedParameter(
				`${provider}.${here}`,
				`\`${here}\` cannot be set natively, because limits or the price hang on it; use the request's own fields`,
			);
		}
		if (isObject(value)) refuseOwned(value, provider, here, owned);
	}
}

function foldedPath(path: string): string {
	return path.split(".").map(foldedName).join(".");
}

function merged(base: JsonObject, more: JsonObject): JsonObject {
	const entries = new Map<string, Json>(Object.entries(base));
	for (const [key, value] of Object.entries(more)) {
		const old = entries.get(key);
		entries.set(
			key,
			isObject(old) && isObject(value)
				? merged(old, value)
				: Array.isArray(old) && Array.isArray(value)
					? [...old, ...value]
					: value,
		);
	}
	return Object.fromEntries(entries);
}
