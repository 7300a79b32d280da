// Makes a route for what the gateway keeps for a team from one request to another: answers, files, batches.
import type { KeyCall, Route, RouteFace } from "#http/call";
import type { RouteDoc } from "#http/route-doc";

/** What a vendor that keeps it, too, may answer. */
export const VENDOR_ERRORS = [
	"upstream_error",
	"upstream_timeout",
	"upstream_invalid_response",
	"upstream_overloaded",
] as const;

/** Makes such routes with a face's errors. */
export function keptRoutesOf(face: RouteFace) {
	return (
		method: "GET" | "POST" | "DELETE",
		path: string,
		handle: (call: KeyCall) => Promise<Response>,
		doc: RouteDoc,
	): Route => ({ method, path, access: "key", face, doc, handle });
}
