// Where a request came from.
import type { HeaderReader } from "#lib/header-map";

/**
 * Where a request came from, as the edge says; it sets this header itself, whatever the client sent. Null if unknown.
 */
export function callerAddress({ headers }: { readonly headers: Pick<HeaderReader, "get"> }): string | null {
	return headers.get("cf-connecting-ip");
}
