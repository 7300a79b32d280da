/**
 * Where a request came from, as the edge says; it sets this header itself, whatever the client sent. Null if unknown.
 */
export function callerAddress(request: Request): string | null {
	return request.headers.get("cf-connecting-ip");
}
