import type { JsonObject } from "../core/json";
import { LATENCY_BUCKETS } from "../core/latency-buckets";
import type { RequestRow, UsageCount, UsageEntry } from "../core/usage-entry";
import { markStatement, unmarked } from "./outbox-marks";

/** One entry of a key's outbox, as it is shipped. */
export interface ShippedUsage {
	readonly seq: number;
	/** Its sum in nano-dollars. */
	readonly cost: number;
	/** As they were stored; SQL takes them apart. */
	readonly rows: readonly JsonObject[];
	readonly counts: UsageEntry["counts"];
}

type Columns<T> = readonly (readonly [column: string, field: keyof T])[];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Columns of `request_log` and the fields that they come from. */
const FIXED: Columns<RequestRow> = [
	["id", "id"],
	["team_id", "teamId"],
	["key_id", "keyId"],
];
const WORDS: Columns<RequestRow> = [
	["app", "app"],
	["session", "session"],
	["end_user", "endUser"],
	["face", "face"],
	["requested_model", "requestedModel"],
	["alias", "alias"],
	["strategy", "strategy"],
	["provider", "provider"],
	["model", "model"],
	["error_type", "errorType"],
	["error_code", "errorCode"],
	["cache", "cache"],
	["metadata", "metadata"],
	["candidates", "candidates"],
];
const NUMBERS: Columns<RequestRow> = [
	["stream", "stream"],
	["status", "status"],
	["latency_ms", "latencyMs"],
	["ttft_ms", "ttftMs"],
];
const SUMS: Columns<RequestRow> = [
	["input_tokens", "inputTokens"],
	["cached_input_tokens", "cachedInputTokens"],
	["cache_write_tokens", "cacheWriteTokens"],
	["output_tokens", "outputTokens"],
	["reasoning_tokens", "reasoningTokens"],
	["cost", "cost"],
	["estimated", "estimated"],
];

/** The same of the roll-ups. */
const FIGURES: Columns<UsageCount> = [
	["requests", "requests"],
	["invalid_requests", "invalidRequests"],
	["permission_errors", "permissionErrors"],
	["quota_errors", "quotaErrors"],
	["rate_limit_errors", "rateLimitErrors"],
	["server_errors", "serverErrors"],
	["cancelled", "cancelled"],
	["attempts", "attempts"],
	["cache_hits", "cacheHits"],
	["input_tokens", "inputTokens"],
	["cached_input_tokens", "cachedInputTokens"],
	["cache_write_tokens", "cacheWriteTokens"],
	["output_tokens", "outputTokens"],
	["reasoning_tokens", "reasoningTokens"],
	["cost", "cost"],
	["estimated_cost", "estimatedCost"],
	["expired", "expired"],
];

const names = (columns: Columns<never>): string[] => columns.map(([column]) => column);
const texts = <T>(of: string, columns: Columns<T>): string[] =>
	columns.map(([column, field]) => `${of} ->> '${String(field)}' AS ${column}`);
const integers = <T>(of: string, columns: Columns<T>): string[] =>
	columns.map(([column, field]) => `CAST(${of} ->> '${String(field)}' AS INTEGER) AS ${column}`);

/** The items of the JSON array ?1, written out once each: `json_each` writes `value` out anew wherever it is named. */
const ITEMS = (name: string): string => `${name} AS MATERIALIZED (SELECT value AS it FROM json_each(?1))`;

/** A request's entries add up: charges may come before its record and after it. */
const UPSERT_ROWS = `
	WITH ${ITEMS("rows")}
	INSERT INTO request_log (${[...names(FIXED), ...names(WORDS), ...names(NUMBERS), ...names(SUMS)].join(", ")}, at, attempts)
	SELECT ${[...texts("it", FIXED), ...texts("it", WORDS), ...integers("it", NUMBERS), ...integers("it", SUMS)].join(", ")},
		it ->> 'at', it ->> 'attempts'
	FROM rows WHERE ${unmarked("it ->> 'seq'")}
	ON CONFLICT (id) DO UPDATE SET
		${[...names(WORDS), ...names(NUMBERS)].map((column) => `${column} = coalesce(excluded.${column}, ${column})`).join(", ")},
		${names(SUMS)
			.map((column) => `${column} = ${column} + excluded.${column}`)
			.join(", ")},
		attempts = (SELECT json_group_array(json(value)) FROM (
			SELECT value FROM json_each(request_log.attempts) UNION ALL SELECT value FROM json_each(excluded.attempts)))`;

const upsertCounts = (table: string, period: number): string => {
	const buckets = Array.from({ length: LATENCY_BUCKETS }, (_, bucket) => bucket);
	const columnsOf = (name: string): string[] => buckets.map((bucket) => `${name}_${String(bucket).padStart(2, "0")}`);
	const sumsOf = (name: string): string[] => buckets.map((bucket) => `sum(coalesce(${name} ->> ${bucket}, 0))`);
	const columns = [...names(FIGURES), ...columnsOf("latency"), ...columnsOf("ttft")];
	const sums = [...names(FIGURES).map((column) => `sum(${column})`), ...sumsOf("latency"), ...sumsOf("ttft")];
	const key = "period, team_id, key_id, app, provider, model";
	return `
		WITH ${ITEMS("items")}, counts AS MATERIALIZED (
			SELECT (it ->> 'hour') / ${period} * ${period} AS period, it ->> 'teamId' AS team_id, it ->> 'keyId' AS key_id,
				it ->> 'app' AS app, it ->> 'provider' AS provider, it ->> 'model' AS model,
				it -> 'latency' AS latency, it -> 'ttft' AS ttft, ${integers("it", FIGURES).join(", ")}
			FROM items WHERE ${unmarked("it ->> 'seq'")})
		INSERT INTO ${table} (${key}, ${columns.join(", ")})
		SELECT ${key}, ${sums.join(", ")} FROM counts WHERE true GROUP BY ${key}
		ON CONFLICT (${key}) DO UPDATE SET ${columns.map((column) => `${column} = ${column} + excluded.${column}`).join(", ")}`;
};

const UPSERT_HOURLY = upsertCounts("usage_hourly", HOUR_MS);
const UPSERT_DAILY = upsertCounts("usage_daily", DAY_MS);

/**
 * Brings entries of one epoch of a key's outbox, in order and without a gap, into the log and the roll-ups: all or
 * nothing, and none of them twice. Throws what D1 throws; nobody knows then whether it happened.
 */
export async function flushUsage(
	db: D1Database,
	object: string,
	epoch: number,
	entries: readonly ShippedUsage[],
	now: number,
): Promise<void> {
	const rows = JSON.stringify(entries.flatMap(({ seq, rows }) => rows.map((row) => ({ ...row, seq }))));
	const counts = JSON.stringify(entries.flatMap(({ seq, counts }) => counts.map((count) => ({ ...count, seq }))));
	const sums = entries.map(({ seq, cost }) => ({ seq, cost }));
	await db.batch([
		db.prepare(UPSERT_ROWS).bind(rows, object, epoch),
		db.prepare(UPSERT_HOURLY).bind(counts, object, epoch),
		db.prepare(UPSERT_DAILY).bind(counts, object, epoch),
		markStatement(db, object, epoch, sums, now),
	]);
}
