// The one table of the request log's columns; all that reads, writes or shows them derives from it.
import type { ErrorType } from "#core/error-catalog";
import type { KeyId, ProviderName, RequestId, TeamId } from "#core/ids";
import type { Strategy } from "#core/routing/alias";
import type { FieldName } from "./field-name";

// The one table of the request log. What the gateway records of a request, what an object stores and ships of it, the
// row in D1, the API's report and the export as CSV all derive from it. A new field of the log is a line here, a
// migration that adds the column to `request_log` (with a default where it is a sum), and its value in the gateway's
// record.

/**
 * Where a column's value comes from. `known`: with every entry of an outbox, and it never changes. `record`: with the
 * request's record, null until that has come. `sum`: from every entry, and they add up. `list`: from every entry, one
 * after another.
 */
type ColumnSource = "known" | "record" | "sum" | "list";

/**
 * The SQL type of a column by its kind. `time` is milliseconds since the epoch, `money` nano-dollars, `some` a count of
 * which only is shown whether it is more than zero; `labels`, `candidates`, `excluded` and `attempts` are JSON.
 */
export const SQL_TYPES = {
	text: "TEXT",
	integer: "INTEGER",
	time: "INTEGER",
	money: "INTEGER",
	flag: "INTEGER",
	some: "INTEGER",
	labels: "TEXT",
	candidates: "TEXT",
	excluded: "TEXT",
	attempts: "TEXT",
} as const;
export type ColumnKind = keyof typeof SQL_TYPES;

/** What could have served a request, such as "openai/gpt-5.4", with its score where the router made one. */
export interface LoggedCandidate {
	readonly target: string;
	readonly score: number | null;
}

/** What could not, and why, in the router's words. */
export interface LoggedExclusion {
	readonly target: string;
	readonly reason: string;
}

declare const value: unique symbol;

interface Column<Value, Kind extends ColumnKind, Source extends ColumnSource> {
	readonly kind: Kind;
	readonly source: Source;
	/** What is written into it; a type only. */
	readonly [value]?: Value;
}

type Labels = Readonly<Record<string, string>>;

const from = <Source extends ColumnSource>(source: Source) => ({
	text: <Value extends string | null>(): Column<Value, "text", Source> => ({ kind: "text", source }),
	integer: <Value extends number | null>(): Column<Value, "integer", Source> => ({ kind: "integer", source }),
	time: (): Column<number, "time", Source> => ({ kind: "time", source }),
	money: (): Column<number, "money", Source> => ({ kind: "money", source }),
	flag: (): Column<boolean, "flag", Source> => ({ kind: "flag", source }),
	some: (): Column<number, "some", Source> => ({ kind: "some", source }),
	labels: (): Column<Labels, "labels", Source> => ({ kind: "labels", source }),
	candidates: (): Column<readonly LoggedCandidate[], "candidates", Source> => ({ kind: "candidates", source }),
	excluded: (): Column<readonly LoggedExclusion[], "excluded", Source> => ({ kind: "excluded", source }),
	attempts: (): Column<readonly unknown[], "attempts", Source> => ({ kind: "attempts", source }),
});
const known = from("known");
const record = from("record");
const sum = from("sum");
const list = from("list");

/** The columns of `request_log`, in the order of an export. The field of a record has the name in camel case. */
export const REQUEST_COLUMNS = {
	/** Sorts by time. */
	id: known.text<RequestId>(),
	/** When the request arrived. */
	at: known.time(),
	team_id: known.text<TeamId>(),
	key_id: known.text<KeyId>(),
	/** By the headers that clients send anyway; null when they do not. */
	app: record.text<string | null>(),
	session: record.text<string | null>(),
	end_user: record.text<string | null>(),
	/** The caller's own labels. */
	metadata: record.labels(),
	/** What the client spoke: the name of a face. */
	face: record.text<string>(),
	stream: record.flag(),
	/** As the caller named it; null when it named a provider alone. */
	requested_model: record.text<string | null>(),
	alias: record.text<string | null>(),
	strategy: record.text<Strategy | null>(),
	/** Best first. */
	candidates: record.candidates(),
	/** The first of those that could not serve it. */
	excluded: record.excluded(),
	/** Which provider served, or failed last; null when the gateway asked none. */
	provider: record.text<ProviderName | null>(),
	model: record.text<string | null>(),
	/** What the caller was answered; 499 when it left. In a row null while only charges are known. */
	status: record.integer<number>(),
	error_type: record.text<ErrorType | null>(),
	error_code: record.text<string | null>(),
	input_tokens: sum.integer<number>(),
	/** Of the input, as the tokens written to a cache are. */
	cached_input_tokens: sum.integer<number>(),
	cache_write_tokens: sum.integer<number>(),
	output_tokens: sum.integer<number>(),
	/** Of the output. */
	reasoning_tokens: sum.integer<number>(),
	cost: sum.money(),
	/** How many more of the request's charges are estimates; negative when a truth replaces one. */
	estimated: sum.some(),
	/** Milliseconds until the answer was whole. */
	latency_ms: record.integer<number>(),
	/** Milliseconds until the first content; null when none came. */
	ttft_ms: record.integer<number | null>(),
	/** Answers come from no cache yet. */
	cache: record.text<"off">(),
	/** What the log shows of each attempt, in the order in which it became known. */
	attempts: list.attempts(),
} satisfies Record<string, Column<unknown, ColumnKind, ColumnSource>>;

type Columns = typeof REQUEST_COLUMNS;
export type RequestColumn = keyof Columns;

/** The columns with values from one source. */
export type ColumnFrom<Source extends ColumnSource> = {
	[Name in RequestColumn]: Columns[Name]["source"] extends Source ? Name : never;
}[RequestColumn];

type ValueOf<Name extends RequestColumn> =
	Columns[Name] extends Column<infer Value, ColumnKind, ColumnSource> ? Value : never;

/** What is written into the columns from one source, by field. */
export type FieldsFrom<Source extends ColumnSource> = {
	readonly [Name in ColumnFrom<Source> as FieldName<Name>]: ValueOf<Name>;
};

export const REQUEST_COLUMN_NAMES = Object.keys(REQUEST_COLUMNS) as RequestColumn[];

export function columnsFrom<Source extends ColumnSource>(source: Source): ColumnFrom<Source>[] {
	const names = REQUEST_COLUMN_NAMES.filter((name) => REQUEST_COLUMNS[name].source === source);
	return names as ColumnFrom<Source>[];
}
