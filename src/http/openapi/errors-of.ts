// Which errors a route may answer with, by its access, its body and its own codes.
import type { ErrorCode } from "#core/error-catalog";
import type { Route } from "#http/call";

const ALWAYS: readonly ErrorCode[] = ["internal_error", "gateway_misconfigured"];
const OF_BODY: readonly ErrorCode[] = ["invalid_request", "request_too_large", "unsupported_encoding"];
/** Whose bodies may be large. */
const LARGE: ReadonlySet<Route["access"]> = new Set(["key", "spend"]);
const OF_KEY: readonly ErrorCode[] = [
	"invalid_api_key",
	"ip_not_allowed",
	"rate_limit_exceeded",
	"key_lookup_unavailable",
	"key_admission_unavailable",
];
const OF_ADMIN: readonly ErrorCode[] = [
	"invalid_admin_token",
	"role_not_allowed",
	"rate_limit_exceeded",
	"registry_unavailable",
];

/** What naming a model can bring about, whether it is asked or not. */
export const OF_ROUTING: readonly ErrorCode[] = [
	"unsupported_parameter",
	"context_length_exceeded",
	"vendor_state_not_allowed",
	"vendor_tool_not_allowed",
	"no_candidate",
	"model_not_found",
	"provider_not_found",
	"model_not_allowed",
];
const OF_SPENDING: readonly ErrorCode[] = [
	...OF_ROUTING,
	"content_policy_violation",
	"model_price_unknown",
	"output_limit_required",
	"insufficient_quota",
	"idempotency_in_flight",
	"idempotency_replayed",
	"idempotency_mismatch",
	"idempotency_unavailable",
	"upstream_error",
	"upstream_invalid_response",
	"upstream_credential_refused",
	"upstream_forbidden",
	"upstream_overloaded",
	"upstream_account_exhausted",
	"upstream_timeout",
	"no_provider_available",
	"ledger_unavailable",
	"usage_backlogged",
];

const BY_ACCESS: Readonly<Record<Route["access"], readonly ErrorCode[]>> = {
	public: [],
	key: OF_KEY,
	spend: [...OF_KEY, ...OF_SPENDING],
	admin: OF_ADMIN,
};

/** The codes of all errors that a route is known to answer with. */
export function errorsOf({ access, doc }: Pick<Route, "access" | "doc">): ReadonlySet<ErrorCode> {
	return new Set([
		...BY_ACCESS[access],
		...(doc.body === undefined ? [] : OF_BODY),
		...(doc.body === undefined || !LARGE.has(access) ? [] : (["large_bodies_full"] as const)),
		...(doc.query === undefined ? [] : (["invalid_request"] as const)),
		...(doc.errors ?? []),
		...ALWAYS,
	]);
}
