/**
 * Every error that the gateway answers with, by its code: the status, the type, and whether and when a retry may help.
 * docs/api.md says in words when each of them comes, and a test compares the two.
 */

export type ErrorType =
	| "invalid_request_error"
	| "permission_error"
	| "insufficient_quota"
	| "rate_limit_error"
	| "server_error";

interface ErrorKind {
	readonly status: number;
	readonly type: ErrorType;
	/** False where a retry cannot succeed: SDKs are told so, whatever the status suggests to them. */
	readonly shouldRetry?: false;
	/** Milliseconds until a retry may help, where it is always the same time. */
	readonly retryAfterMs?: number;
}

/** When a caller may ask again after a failure that is likely to pass at once, in milliseconds. */
const RETRY_SOON_MS = 1_000;
/** When a caller may ask again about a request that is still under way, in milliseconds. */
const RETRY_IN_FLIGHT_MS = 2_000;
/** When a caller may ask again for a video that is being made, in milliseconds. */
const RETRY_VIDEO_MS = 10_000;
/** When a caller may ask again while usage waits for the database, in milliseconds. */
const RETRY_BACKLOG_MS = 60_000;

const PERMANENT = { type: "invalid_request_error", shouldRetry: false } as const;
const PASSING = { status: 503, type: "server_error", retryAfterMs: RETRY_SOON_MS } as const;

const CATALOG = {
	invalid_request: { status: 400, type: "invalid_request_error" },
	unsupported_parameter: { status: 400, type: "invalid_request_error" },
	context_length_exceeded: { status: 400, type: "invalid_request_error" },
	content_policy_violation: { status: 400, type: "invalid_request_error" },
	vendor_state_not_allowed: { ...PERMANENT, status: 400 },
	storage_not_allowed: { ...PERMANENT, status: 400 },
	previous_response_not_found: { ...PERMANENT, status: 400 },
	no_candidate: { ...PERMANENT, status: 400 },
	model_price_unknown: { ...PERMANENT, status: 400 },
	output_limit_required: { ...PERMANENT, status: 400 },
	invalid_api_key: { ...PERMANENT, status: 401 },
	invalid_admin_token: { ...PERMANENT, status: 401 },
	insufficient_quota: { status: 402, type: "insufficient_quota", shouldRetry: false },
	model_not_allowed: { status: 403, type: "permission_error", shouldRetry: false },
	vendor_tool_not_allowed: { status: 403, type: "permission_error", shouldRetry: false },
	role_not_allowed: { status: 403, type: "permission_error", shouldRetry: false },
	cross_site_refused: { status: 403, type: "permission_error", shouldRetry: false },
	native_ceiling_required: { status: 403, type: "permission_error", shouldRetry: false },
	ip_not_allowed: { status: 403, type: "permission_error", shouldRetry: false },
	unknown_url: { status: 404, type: "invalid_request_error" },
	model_not_found: { ...PERMANENT, status: 404 },
	provider_not_found: { ...PERMANENT, status: 404 },
	team_not_found: { ...PERMANENT, status: 404 },
	key_not_found: { ...PERMANENT, status: 404 },
	key_request_not_found: { ...PERMANENT, status: 404 },
	token_not_found: { ...PERMANENT, status: 404 },
	session_not_found: { ...PERMANENT, status: 404 },
	invitation_not_found: { ...PERMANENT, status: 404 },
	credential_not_found: { ...PERMANENT, status: 404 },
	budget_not_found: { ...PERMANENT, status: 404 },
	alert_not_found: { ...PERMANENT, status: 404 },
	response_not_found: { ...PERMANENT, status: 404 },
	batch_not_found: { ...PERMANENT, status: 404 },
	file_not_found: { ...PERMANENT, status: 404 },
	video_not_found: { ...PERMANENT, status: 404 },
	request_not_found: { ...PERMANENT, status: 404 },
	payload_not_found: { ...PERMANENT, status: 404 },
	import_not_found: { ...PERMANENT, status: 404 },
	alias_not_found: { ...PERMANENT, status: 404 },
	override_not_found: { ...PERMANENT, status: 404 },
	routing_rules_not_found: { ...PERMANENT, status: 404 },
	learnt_models_not_found: { ...PERMANENT, status: 404 },
	version_not_found: { ...PERMANENT, status: 404 },
	method_not_allowed: { status: 405, type: "invalid_request_error" },
	idempotency_in_flight: { status: 409, type: "invalid_request_error", retryAfterMs: RETRY_IN_FLIGHT_MS },
	idempotency_replayed: { ...PERMANENT, status: 409 },
	video_not_ready: { status: 409, type: "invalid_request_error", retryAfterMs: RETRY_VIDEO_MS },
	key_revoked: { ...PERMANENT, status: 409 },
	key_request_decided: { ...PERMANENT, status: 409 },
	key_requests_waiting: { ...PERMANENT, status: 409 },
	budget_of_team: { ...PERMANENT, status: 409 },
	budget_change_exists: { ...PERMANENT, status: 409 },
	budget_change_refused: { ...PERMANENT, status: 409 },
	name_taken: { ...PERMANENT, status: 409 },
	provider_exists: { ...PERMANENT, status: 409 },
	provider_built_in: { ...PERMANENT, status: 409 },
	provider_changed: { ...PERMANENT, status: 409 },
	provider_unavailable: { ...PERMANENT, status: 409 },
	provider_takes_no_credential: { ...PERMANENT, status: 409 },
	credential_set_elsewhere: { ...PERMANENT, status: 409 },
	credential_changed: { ...PERMANENT, status: 409 },
	credential_unreadable: { ...PERMANENT, status: 409 },
	alias_exists: { ...PERMANENT, status: 409 },
	alias_changed: { ...PERMANENT, status: 409 },
	model_changed: { ...PERMANENT, status: 409 },
	model_exists: { ...PERMANENT, status: 409 },
	defaults_changed: { ...PERMANENT, status: 409 },
	routing_rules_changed: { ...PERMANENT, status: 409 },
	models_not_listed: { ...PERMANENT, status: 409 },
	proposal_superseded: { ...PERMANENT, status: 409 },
	version_unreadable: { ...PERMANENT, status: 409 },
	batch_ended: { ...PERMANENT, status: 409 },
	files_full: { ...PERMANENT, status: 409 },
	payload_unreadable: { ...PERMANENT, status: 409 },
	alert_changed: { ...PERMANENT, status: 409 },
	alert_unreadable: { ...PERMANENT, status: 409 },
	request_too_large: { status: 413, type: "invalid_request_error" },
	unsupported_encoding: { ...PERMANENT, status: 415 },
	idempotency_mismatch: { ...PERMANENT, status: 422 },
	websocket_not_spoken: { ...PERMANENT, status: 426 },
	rate_limit_exceeded: { status: 429, type: "rate_limit_error" },
	client_closed_request: { status: 499, type: "invalid_request_error" },
	internal_error: { status: 500, type: "server_error" },
	unsupported_endpoint: { ...PERMANENT, status: 501 },
	upstream_error: { status: 502, type: "server_error" },
	upstream_invalid_response: { status: 502, type: "server_error" },
	upstream_credential_refused: { status: 502, type: "server_error", shouldRetry: false },
	upstream_forbidden: { status: 502, type: "server_error", shouldRetry: false },
	upstream_overloaded: { status: 503, type: "server_error" },
	upstream_account_exhausted: { status: 503, type: "server_error", shouldRetry: false },
	no_provider_available: { status: 503, type: "server_error" },
	gateway_misconfigured: { status: 503, type: "server_error", shouldRetry: false },
	large_bodies_full: PASSING,
	ledger_unavailable: PASSING,
	usage_unavailable: PASSING,
	usage_backlogged: { status: 503, type: "server_error", retryAfterMs: RETRY_BACKLOG_MS },
	key_lookup_unavailable: PASSING,
	key_admission_unavailable: PASSING,
	idempotency_unavailable: PASSING,
	registry_unavailable: PASSING,
	health_unavailable: PASSING,
	payloads_unavailable: PASSING,
	responses_unavailable: PASSING,
	files_unavailable: PASSING,
	budget_unavailable: PASSING,
	key_change_unconfirmed: PASSING,
	budget_change_unconfirmed: PASSING,
	upstream_timeout: { status: 504, type: "server_error" },
} as const satisfies Record<string, ErrorKind>;

/** A word of the API that clients branch on. */
export type ErrorCode = keyof typeof CATALOG;

export const ERROR_CATALOG: Readonly<Record<ErrorCode, ErrorKind>> = CATALOG;
