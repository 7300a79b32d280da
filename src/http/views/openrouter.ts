// Keys, credits and requests as OpenRouter's API shows them. What the gateway does not have is null or nothing.
import type { BudgetState } from "#core/budget/budget-status";
import type { LoggedRequest } from "#core/usage/logged-request";
import { instant } from "./instant";
import { cacheDiscountOf } from "./request-report";

/** What a key used, in nano-dollars. Weeks begin on Monday, in UTC. */
export interface UsedUntilNow {
	readonly total: number;
	readonly day: number;
	readonly week: number;
	readonly month: number;
}

/** What a key without a limit is said to have, in USD, as one-api does. */
export const UNLIMITED_USD = 100_000_000;

const RESETS: Readonly<Record<string, string>> = { day: "daily", week: "weekly", month: "monthly" };

/** `budget` is the one that has the least left; null without any. `expiresAt` in milliseconds since the epoch. */
export function renderOpenrouterKey(
	{ name, last4, expiresAt }: { name: string; last4: string; expiresAt: number | undefined },
	used: UsedUntilNow,
	budget: BudgetState | null,
): Record<string, unknown> {
	const window = budget?.budget.window;
	return {
		data: {
			label: `${name} (…${last4})`,
			limit: budget === null ? null : usd(budget.budget.limit),
			limit_remaining: budget === null ? null : usd(budget.remaining),
			limit_reset: typeof window === "string" ? (RESETS[window] ?? null) : null,
			include_byok_in_limit: false,
			usage: usd(used.total),
			usage_daily: usd(used.day),
			usage_weekly: usd(used.week),
			usage_monthly: usd(used.month),
			byok_usage: 0,
			byok_usage_daily: 0,
			byok_usage_weekly: 0,
			byok_usage_monthly: 0,
			is_free_tier: false,
			is_management_key: false,
			is_provisioning_key: false,
			expires_at: instant(expiresAt ?? null),
			creator_user_id: null,
			organization_id: null,
			workspace_id: null,
			allowed_data_regions: [],
			free_model_daily_requests: { limit: 0, used: 0, remaining: 0 },
			rate_limit: { requests: -1, interval: "10s", note: "`GET /v1/key` shows the limits of this key" },
		},
	};
}

/** What is left is the difference: of the budget that has the least left, or of as good as no limit. */
export function renderCredits(used: number, budget: BudgetState | null): Record<string, unknown> {
	const [limit, remaining] = budget === null ? [null, 0] : [usd(budget.budget.limit), usd(budget.remaining)];
	return {
		data: {
			total_credits: limit ?? UNLIMITED_USD,
			total_usage: limit === null ? usd(used) : Math.max(0, limit - remaining),
		},
	};
}

/** `id` is what was asked for. */
export function renderGeneration(id: string, request: LoggedRequest): Record<string, unknown> {
	const { latency_ms: latency, ttft_ms: first } = request;
	return {
		data: {
			id,
			request_id: request.id,
			created_at: instant(request.at),
			api_type: request.face === "embeddings" || request.face === "rerank" ? request.face : "completions",
			model: request.model ?? request.requested_model ?? "",
			provider_name: request.provider,
			streamed: request.stream,
			cancelled: request.status === null ? null : request.status === 499,
			latency: first ?? latency,
			generation_time: latency === null ? null : latency - (first ?? 0),
			tokens_prompt: request.input_tokens,
			tokens_completion: request.output_tokens,
			native_tokens_prompt: request.input_tokens,
			native_tokens_completion: request.output_tokens,
			native_tokens_reasoning: request.reasoning_tokens,
			native_tokens_cached: request.cached_input_tokens,
			cache_discount: usd(cacheDiscountOf(request.attempts)),
			total_cost: usd(request.cost),
			usage: usd(request.cost),
			external_user: request.end_user,
			session_id: request.session,
			origin: request.app ?? "",
			user_agent: request.app,
			is_byok: false,
			data_region: "global",
			router: request.strategy,
			...NOT_KNOWN,
		},
	};
}

/** What the log has nothing of. */
const NOT_KNOWN = {
	app_id: null,
	finish_reason: null,
	http_referer: null,
	moderation_latency: null,
	native_finish_reason: null,
	native_tokens_completion_images: null,
	num_fetches: null,
	num_input_audio_prompt: null,
	num_media_completion: null,
	num_media_prompt: null,
	num_search_results: null,
	preset_id: null,
	provider_responses: null,
	response_cache_source_id: null,
	service_tier: null,
	upstream_id: null,
	upstream_inference_cost: null,
	web_search_engine: null,
	workspace_id: null,
};

function usd(nano: number): number {
	return nano / 1e9;
}
