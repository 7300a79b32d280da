// What browser apps of other origins are told.
import { KEY_HEADERS } from "#http/auth/identify";

/**
 * Browser apps call the inference API with bearer keys and no cookies, so any origin may. The admin API has no CORS.
 * `*` as allowed headers would not cover `authorization` (Fetch standard, 3.3.2), so the asked-for list is echoed.
 */
const EXPOSED = [
	"x-request-id",
	"request-id",
	"retry-after",
	"retry-after-ms",
	"x-should-retry",
	"server-timing",
	"x-tollgate-provider",
	"x-tollgate-model",
	"x-tollgate-strategy",
	"x-tollgate-attempts",
	"x-tollgate-simulated",
	"x-tollgate-dropped",
	"x-tollgate-cost",
	"x-tollgate-clamped-output",
	"x-tollgate-downgraded-from",
	"x-tollgate-budget-remaining",
	"x-tollgate-budget-warning",
	"x-tollgate-model-retired",
	...["limit", "remaining", "reset"].flatMap((what) => [`x-ratelimit-${what}-requests`, `x-ratelimit-${what}-tokens`]),
].join(", ");

/** What a browser is allowed that does not say which headers it means to send. */
const ASKED_FOR = ["authorization", "content-type", ...KEY_HEADERS].join(", ");

export function preflight(request: Request): Response {
	return new Response(null, {
		status: 204,
		headers: {
			"access-control-allow-origin": "*",
			"access-control-allow-methods": "GET, POST, OPTIONS",
			"access-control-allow-headers": request.headers.get("access-control-request-headers") ?? ASKED_FOR,
			"access-control-max-age": "86400",
			vary: "access-control-request-headers",
		},
	});
}

/** Lets a browser app read an answer. Others send no `origin`, and are spared half a kilobyte of headers. */
export function shareWithBrowsers(request: Request, headers: Headers): void {
	if (request.headers.has("origin")) {
		headers.set("access-control-allow-origin", "*");
		headers.set("access-control-expose-headers", EXPOSED);
	}
	// What may be cached is kept for each origin by itself.
	if (request.method === "GET") headers.append("vary", "origin");
}
