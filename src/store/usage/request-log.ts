// Reads the request log.
import * as v from "valibot";
import { AUDIO_UNITS } from "#core/audio/units";
import { newId } from "#core/ids";
import { IMAGE_UNITS } from "#core/images/units";
import type { Scope } from "#core/rights";
import type { LoggedRequest, ShownKinds } from "#core/usage/logged-request";
import {
	type ColumnKind,
	REQUEST_COLUMN_NAMES,
	REQUEST_COLUMNS,
	type RequestColumn,
} from "#core/usage/request-columns";
import { Integer, Millis, NanoDollars } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";
import { Where } from "#store/d1/where";
import { OPERATION_OF_LOGGED } from "./logged-usage";

/** Which requests are asked for; null asks for all. Times in milliseconds since the epoch, `to` is not included. */
export interface RequestFilter {
	readonly teamId: string | null;
	readonly keyId: string | null;
	readonly app: string | null;
	readonly session: string | null;
	readonly endUser: string | null;
	readonly provider: string | null;
	readonly model: string | null;
	/** The lowest and the highest status. */
	readonly status: readonly [from: number, to: number] | null;
	/** Only those that failed. */
	readonly failed: boolean;
	readonly errorCode: string | null;
	readonly operation: string | null;
	/** The name of a label that it carries, and the label's value. */
	readonly tag: string | null;
	readonly tagValue: string | null;
	readonly from: number;
	readonly to: number;
	/** Whose requests the actor may see; absent where that was decided. */
	readonly within?: Scope;
}

/** Another release may not have counted a kind. */
const Tokens = v.optional(Integer, 0);
const UsageOfAttempt = v.object({
	uncachedInput: Tokens,
	cacheRead: Tokens,
	cacheWrite: Tokens,
	cacheWriteHour: Tokens,
	output: Tokens,
	reasoning: Tokens,
	audioInput: Tokens,
	imageInput: Tokens,
	audioOutput: Tokens,
	imageOutput: Tokens,
	webSearches: v.exactOptional(Integer),
	images: v.exactOptional(v.object(v.entriesFromList(IMAGE_UNITS, v.exactOptional(Integer)))),
	audio: v.exactOptional(v.object(v.entriesFromList(AUDIO_UNITS, v.exactOptional(Integer)))),
	cacheDiscount: v.exactOptional(NanoDollars),
	source: v.optional(v.picklist(["provider", "estimated"]), "estimated"),
});

const Attempt = v.object({
	attemptId: v.string(),
	provider: v.nullish(v.string()),
	model: v.nullish(v.string()),
	credential: v.optional(v.string()),
	simulated: v.optional(v.boolean()),
	startedMs: v.optional(v.number()),
	endedMs: v.optional(v.number()),
	ttftMs: v.nullish(v.number()),
	end: v.optional(v.string()),
	fault: v.nullish(v.string()),
	upstreamStatus: v.nullish(v.number()),
	claim: v.optional(v.object({ input: Integer, output: Integer, beyond: NanoDollars })),
	usage: v.nullish(UsageOfAttempt),
	cost: NanoDollars,
	estimated: v.optional(v.boolean()),
	unpriced: v.optional(v.boolean()),
	why: v.optional(v.string()),
});

/** How a column is read, by its kind. */
const READ: { readonly [Kind in ColumnKind]: v.GenericSchema<unknown, ShownKinds[Kind]> } = {
	text: v.string(),
	integer: Integer,
	time: Millis,
	money: NanoDollars,
	flag: v.pipe(
		Integer,
		v.transform((flag) => flag === 1),
	),
	some: v.pipe(
		Integer,
		v.transform((count) => count > 0),
	),
	labels: v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string())),
	candidates: v.pipe(
		v.string(),
		v.parseJson(),
		v.array(v.object({ target: v.string(), score: v.nullable(v.number()) })),
	),
	excluded: v.pipe(v.string(), v.parseJson(), v.array(v.object({ target: v.string(), reason: v.string() }))),
	attempts: v.pipe(v.string(), v.parseJson(), v.array(Attempt)),
};

function readerOf(name: RequestColumn): v.GenericSchema<unknown, LoggedRequest[RequestColumn]> {
	const { kind, source } = REQUEST_COLUMNS[name];
	return source === "record" ? v.nullable(READ[kind]) : READ[kind];
}
const entries = Object.fromEntries(REQUEST_COLUMN_NAMES.map((name) => [name, readerOf(name)])) as {
	[Name in RequestColumn]: v.GenericSchema<unknown, LoggedRequest[Name]>;
};
const Row: v.GenericSchema<unknown, LoggedRequest> = v.object(entries);
const CALLER_LEFT = 499;
const COLUMNS = REQUEST_COLUMN_NAMES.join(", ");

/** The lowest status of a failure. */
const LOWEST_ERROR = 400;
/** As the index of failed requests has it, word by word: SQLite takes it for nothing else. */
const FAILED = "(status >= 400 OR error_code IS NOT NULL)";
/** SQLite would prefer the index of a team, which has many requests to look at for each that failed. */
const BY_FAILED = "INDEXED BY request_log_failed";

/** One page, newest first, and whether more follow. `after` is the id of the last request of the page before. */
export function listRequests(
	db: D1Database,
	filter: RequestFilter,
	page: { after: string | null; limit: number },
): Promise<{ requests: LoggedRequest[]; more: boolean }> {
	const failed = filter.failed || filter.errorCode !== null || (filter.status?.[0] ?? 0) >= LOWEST_ERROR;
	const where = (failed ? new Where().and(FAILED) : new Where())
		.and("id >= ?", firstId(filter.from))
		.and("id < ?", firstId(filter.to))
		.and("id < ?", page.after)
		.and("team_id = ?", filter.teamId)
		.and("key_id = ?", filter.keyId)
		.and("app = ?", filter.app)
		.and("session = ?", filter.session)
		.and("end_user = ?", filter.endUser)
		.and("provider = ?", filter.provider)
		.and("model = ?", filter.model)
		.and("status >= ?", filter.status?.[0] ?? null)
		.and("status <= ?", filter.status?.[1] ?? null)
		.and("(error_type IS NOT NULL AND status IS NOT ?)", filter.failed ? CALLER_LEFT : null)
		.and("error_code = ?", filter.errorCode)
		.and(`${OPERATION_OF_LOGGED} = ?`, filter.operation)
		.and("EXISTS (SELECT 1 FROM json_each(metadata) WHERE key = ?)", filter.tag)
		.and("EXISTS (SELECT 1 FROM json_each(metadata) WHERE (key, value) = (?, ?))", filter.tag, filter.tagValue)
		.among("team_id", filter.within?.teams ?? null)
		.and("key_id IN (SELECT id FROM api_keys WHERE ? IN (owner_id, id))", filter.within?.ownerId ?? null);
	return inDatabase(async () => {
		const { results } = await db
			.prepare(`SELECT ${COLUMNS} FROM request_log ${failed ? BY_FAILED : ""} ${where.sql} ORDER BY id DESC LIMIT ?`)
			.bind(...where.values, page.limit + 1)
			.all();
		const requests = v.parse(v.array(Row), results);
		return { requests: requests.slice(0, page.limit), more: requests.length > page.limit };
	});
}

/** Null when there is no such request, or when it is not of the key; null for the key means any key's. */
export function findRequest(db: D1Database, id: string, keyId: string | null): Promise<LoggedRequest | null> {
	const where = new Where().and("id = ?", id).and("key_id = ?", keyId);
	return inDatabase(async () => {
		const row = await db
			.prepare(`SELECT ${COLUMNS} FROM request_log ${where.sql}`)
			.bind(...where.values)
			.first();
		return row === null ? null : v.parse(Row, row);
	});
}

/** Before every id of that moment and after every earlier one. */
function firstId(at: number): string {
	return newId("req", at, "");
}
