// Writes entries of keys' outboxes to D1, each once.

import { fieldName } from "#core/usage/field-name";
import {
	columnsFrom,
	REQUEST_COLUMN_NAMES,
	REQUEST_COLUMNS,
	type RequestColumn,
	SQL_TYPES,
} from "#core/usage/request-columns";
import { LATENCY_COLUMNS, ROLLUP_KEY, TTFT_COLUMNS, USAGE_FIGURES } from "#core/usage/rollup-columns";
import type { UsageEntry } from "#core/usage/usage-entry";
import { DAY_MS, HOUR_MS } from "#lib/time";
import { type RefusedEntry, refusedStatement } from "./refused-entries";
import { markStatement, unmarked } from "./watermarks";

/** One entry of a key's outbox, as it is shipped. */
export interface ShippedUsage {
	readonly seq: number;
	/** Its sum in nano-dollars. */
	readonly cost: number;
	/** As they were stored; SQL takes them apart. */
	readonly rows: readonly object[];
	readonly counts: UsageEntry["counts"];
}

const text = (column: string): string => `it ->> '${fieldName(column)}'`;
const integer = (column: string): string => `CAST(${text(column)} AS INTEGER)`;

/** What an entry has for a column of the log; an entry of a release that did not know a sum adds nothing to it. */
function valueFor(column: RequestColumn): string {
	const { kind, source } = REQUEST_COLUMNS[column];
	const value = SQL_TYPES[kind] === "INTEGER" ? integer(column) : text(column);
	return source === "sum" ? `coalesce(${value}, 0)` : value;
}

const sumsInto = (columns: readonly string[]): string =>
	columns.map((column) => `${column} = ${column} + excluded.${column}`).join(", ");

/** The items of the JSON array ?1, written out once each: `json_each` writes `value` out anew wherever it is named. */
const ITEMS = (name: string): string => `${name} AS MATERIALIZED (SELECT value AS it FROM json_each(?1))`;

/** A request's entries add up: charges may come before its record and after it. */
const UPSERT_ROWS = `
	WITH ${ITEMS("rows")}
	INSERT INTO request_log (${REQUEST_COLUMN_NAMES.join(", ")})
	SELECT ${REQUEST_COLUMN_NAMES.map(valueFor).join(", ")} FROM rows WHERE ${unmarked("it ->> 'seq'")}
	ON CONFLICT (id) DO UPDATE SET
		${columnsFrom("record")
			.map((column) => `${column} = coalesce(excluded.${column}, ${column})`)
			.join(", ")},
		${sumsInto(columnsFrom("sum"))},
		attempts = (SELECT json_group_array(json(value)) FROM (
			SELECT value FROM json_each(request_log.attempts) UNION ALL SELECT value FROM json_each(excluded.attempts)))`;

const upsertCounts = (table: string, periodMs: number): string => {
	const sumsOf = (name: string, columns: readonly string[]): string[] =>
		columns.map((_, bucket) => `sum(coalesce(${name} ->> ${bucket}, 0))`);
	const columns = [...USAGE_FIGURES, ...LATENCY_COLUMNS, ...TTFT_COLUMNS];
	const sums = [
		...USAGE_FIGURES.map((column) => `sum(${column})`),
		...sumsOf("latency", LATENCY_COLUMNS),
		...sumsOf("ttft", TTFT_COLUMNS),
	];
	const key = ROLLUP_KEY.join(", ");
	const [, ...words] = ROLLUP_KEY;
	return `
		WITH ${ITEMS("items")}, counts AS MATERIALIZED (
			SELECT (it ->> 'hour') / ${periodMs} * ${periodMs} AS period,
				${words.map((column) => `${text(column)} AS ${column}`).join(", ")},
				it -> 'latency' AS latency, it -> 'ttft' AS ttft,
				${USAGE_FIGURES.map((column) => `coalesce(${integer(column)}, 0) AS ${column}`).join(", ")}
			FROM items WHERE ${unmarked("it ->> 'seq'")})
		INSERT INTO ${table} (${key}, ${columns.join(", ")})
		SELECT ${key}, ${sums.join(", ")} FROM counts WHERE true GROUP BY ${key}
		ON CONFLICT (${key}) DO UPDATE SET ${sumsInto(columns)}`;
};

const UPSERT_HOURLY = upsertCounts("usage_hourly", HOUR_MS);
const UPSERT_DAILY = upsertCounts("usage_daily", DAY_MS);

/**
 * Brings entries of one epoch of a key's outbox, in order and without a gap, into the log and the roll-ups: all or
 * nothing, and none of them twice. `refused` is what to record of an entry that D1 does not take as it was. Throws what
 * D1 throws; the rows may be written or not then, and the caller must send them again.
 */
export async function flushUsage(
	db: D1Database,
	object: string,
	epoch: number,
	entries: readonly ShippedUsage[],
	now: number,
	refused: RefusedEntry | null = null,
): Promise<void> {
	const rows = JSON.stringify(entries.flatMap(({ seq, rows }) => rows.map((row) => ({ ...row, seq }))));
	const counts = JSON.stringify(entries.flatMap(({ seq, counts }) => counts.map((count) => ({ ...count, seq }))));
	const sums = entries.map(({ seq, cost }) => ({ seq, cost }));
	await db.batch([
		db.prepare(UPSERT_ROWS).bind(rows, object, epoch),
		db.prepare(UPSERT_HOURLY).bind(counts, object, epoch),
		db.prepare(UPSERT_DAILY).bind(counts, object, epoch),
		...(refused === null ? [] : [refusedStatement(db, object, epoch, refused, now)]),
		markStatement(db, object, epoch, sums, now),
	]);
}
