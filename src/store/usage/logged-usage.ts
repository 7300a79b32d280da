// The log of requests in the form of the roll-ups, for what they do not tell apart: end users, labels, operations.
import { newId } from "#core/ids";
import { USAGE_FIGURES, type UsageFigure } from "#core/usage/rollup-columns";
import { CHAT_FACES } from "#core/usage/usage-sum";
import { DAY_MS, HOUR_MS } from "#lib/time";
import { Where } from "#store/d1/where";

/** What is asked that only the log knows; null asks for all. */
export interface LogTerms {
	readonly endUser: string | null;
	readonly operation: string | null;
	/** The name of the label whose value is the tag. */
	readonly tag: string | null;
	readonly tagValue: string | null;
}

interface LoggedSpan {
	/** Milliseconds since the epoch; `to` is not included. */
	readonly from: number;
	readonly to: number;
	readonly unit: "hour" | "day";
	readonly teamId: string | null;
	readonly keyId: string | null;
}

type Figures = Partial<Record<UsageFigure, string>>;

/** A request is counted where it was served, by how it failed. The same as `UsageTally` counts it. */
const OF_REQUEST: Figures = {
	requests: "status IS NOT NULL",
	invalid_requests: failed("invalid_request_error"),
	permission_errors: failed("permission_error"),
	quota_errors: failed("insufficient_quota"),
	rate_limit_errors: failed("rate_limit_error"),
	server_errors: failed("server_error"),
	cancelled: "status IS 499",
};

/** An entry that comes from its request's record, and not from a charge alone. */
const WHOLE = "one ->> 'end' IS NOT NULL";

/** An attempt is counted where it was made. The same as `UsageTally` counts it. */
const OF_ATTEMPT: Figures = {
	attempts: WHOLE,
	input_tokens: used("uncachedInput", "cacheRead", "cacheWrite", "cacheWriteHour"),
	cached_input_tokens: used("cacheRead"),
	cache_write_tokens: used("cacheWrite", "cacheWriteHour"),
	output_tokens: used("output"),
	reasoning_tokens: used("reasoning"),
	cost: "one ->> 'cost'",
	estimated_cost: `iif(${WHOLE}, iif(one ->> 'estimated', one ->> 'cost', 0), coalesce(one ->> 'estimatedCost', 0))`,
	expired: "one ->> 'why' IS 'expired'",
	implausible: "one ->> 'claim' IS NOT NULL",
	possible_overrun: "coalesce(one ->> '$.claim.beyond', 0)",
	unpriced: "one ->> 'unpriced' IS 1",
	cache_discount: used("cacheDiscount"),
	images: used("images.image"),
	image_tiles: used("images.tile"),
	image_steps: used("images.step"),
	audio_ms: used("audio.millisecond"),
	spoken_characters: used("audio.character"),
	spoken_bytes: used("audio.byte"),
};

/** What was asked for, of a row of the log. */
export const OPERATION_OF_LOGGED = `iif(face IN (${CHAT_FACES.map((face) => `'${face}'`).join(", ")}), 'chat', coalesce(face, ''))`;
/** What requests are told apart by, besides who was asked. */
const KEY = "period, team_id, key_id, app, end_user, operation, tag";

/** A table of the log's rows and attempts, to be read like a roll-up, and the values of its question marks. */
export function loggedCounts(
	{ from, to, unit, teamId, keyId }: LoggedSpan,
	{ tag }: LogTerms,
): { readonly sql: string; readonly values: readonly (string | number)[] } {
	const where = new Where()
		.and("id >= ?", firstId(from))
		.and("id < ?", firstId(to))
		.and("team_id = ?", teamId)
		.and("key_id = ?", keyId);
	const size = unit === "hour" ? HOUR_MS : DAY_MS;
	const sql = `(
		WITH asked AS (
			SELECT at / ${size} * ${size} AS period, team_id, key_id, coalesce(app, '') AS app,
				coalesce(end_user, '') AS end_user, ${OPERATION_OF_LOGGED} AS operation,
				coalesce((SELECT value FROM json_each(metadata) WHERE key = ?), '') AS tag, provider, model, status, error_type, attempts AS entries
			FROM request_log ${where.sql})
		SELECT ${KEY}, coalesce(provider, '') AS provider, coalesce(model, '') AS model, ${columns(OF_REQUEST)}
		FROM asked
		UNION ALL
		SELECT ${KEY}, coalesce(one ->> 'provider', '') AS provider, coalesce(one ->> 'model', '') AS model,
			${columns(OF_ATTEMPT)}
		FROM (SELECT ${KEY}, value AS one FROM asked, json_each(entries)))`;
	return { sql, values: [tag ?? "", ...where.values] };
}

function columns(figures: Figures): string {
	return USAGE_FIGURES.map((name) => `${figures[name] ?? "0"} AS ${name}`).join(", ");
}

function failed(type: string): string {
	return `status IS NOT 499 AND error_type IS '${type}' AND status IS NOT NULL`;
}

function used(...terms: readonly string[]): string {
	return terms.map((term) => `coalesce(one ->> '$.usage.${term}', 0)`).join(" + ");
}

/** Before every id of that moment and after every earlier one. */
function firstId(at: number): string {
	return newId("req", at, "");
}
