// Lists, exports and finds requests in the log.
import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import { type KeyId, timeOfId } from "#core/ids";
import type { LoggedRequest } from "#core/usage/logged-request";
import type { Env } from "#env";
import { flushBeforeRead } from "#gateway/control/flush-before-read";
import type { Call } from "#http/call";
import { LiveField } from "#http/reports/live-field";
import { listResponse, pageFields, pageOf } from "#http/request/page";
import { Moment } from "#http/request/time-fields";
import { CSV_HEADER, csvLine, renderRequest, type TariffOf } from "#http/views/request-report";
import { findRequest, listRequests, type RequestFilter } from "#store/usage/request-log";

/** How far back a list goes that does not say it, in milliseconds: a rare match must not read the whole log. */
const DEFAULT_SPAN_MS = 7 * 86_400_000;
/** How many rows an export reads at a time, and in all. */
const EXPORT_PAGE = 500;
const MAX_EXPORTED_ROWS = 200_000;

const STATUS = /^(?:([1-5])xx|([1-5]\d\d)|failed)$/;

/** Whatever usage counts as an error: what failed on the way, too, and not what its caller left. */
const FAILED = "failed";

/** The parameters of a list of requests, besides whose they are. */
export const requestFields = {
	...pageFields,
	after: v.optional(
		v.pipe(
			v.string(),
			v.check((id) => timeOfId(id) !== null, "must be the id of a request"),
		),
	),
	app: v.optional(v.string()),
	session: v.optional(v.string()),
	end_user: v.optional(v.string()),
	provider: v.optional(v.string()),
	model: v.optional(v.string()),
	status: v.optional(
		v.pipe(v.string(), v.regex(STATUS, "must be a status such as 429, a class such as 5xx, or failed")),
	),
	error_code: v.optional(v.string()),
	operation: v.optional(v.string()),
	tag: v.optional(v.string()),
	tag_value: v.optional(v.string()),
	from: v.optional(Moment),
	to: v.optional(Moment),
	live: LiveField,
	format: v.optional(v.picklist(["json", "csv", "jsonl"], "must be json, csv or jsonl"), "json"),
};
const RequestFields = v.object(requestFields);
type Fields = v.InferOutput<typeof RequestFields>;

/** A page of requests, or all of them as a file. Throws `GatewayError` 400 for a time that ends before it begins. */
export async function requestsResponse(
	{ env, isolate, url, receivedAt }: Call,
	fields: Fields,
	owner: Pick<RequestFilter, "teamId" | "keyId" | "within">,
): Promise<Response> {
	const to = fields.to ?? receivedAt + 1;
	const from = fields.from ?? to - DEFAULT_SPAN_MS;
	if (from >= to) throw invalidRequest("`from` must be before `to`", "from");
	const filter: RequestFilter = {
		...owner,
		app: fields.app ?? null,
		session: fields.session ?? null,
		endUser: fields.end_user ?? null,
		provider: fields.provider ?? null,
		model: fields.model ?? null,
		status: fields.status === undefined || fields.status === FAILED ? null : statusRange(fields.status),
		failed: fields.status === FAILED,
		errorCode: fields.error_code ?? null,
		operation: fields.operation ?? null,
		tag: fields.tag ?? null,
		tagValue: fields.tag_value ?? null,
		from,
		to,
	};
	const page = pageOf(url);
	// Later pages are older, and there by now.
	if (page.after === null) await flushBeforeRead(env, owner, fields.live === "true" ? isolate.liveReads : null);
	if (fields.format !== "json") return exported(env.DB, filter, page.after, fields.format);
	const { requests, more } = await listRequests(env.DB, filter, page);
	return listResponse(requests.map(renderRequest), more);
}

function statusRange(text: string): [number, number] {
	const [, group, one] = STATUS.exec(text) ?? [];
	return group === undefined ? [Number(one), Number(one)] : [Number(group) * 100, Number(group) * 100 + 99];
}

/**
 * All that match, a page at a time as the reader takes them. One that breaks off was not whole: the connection breaks
 * too.
 */
function exported(db: D1Database, filter: RequestFilter, start: string | null, format: "csv" | "jsonl"): Response {
	const encoder = new TextEncoder();
	let after = start;
	let left = MAX_EXPORTED_ROWS;
	const body = new ReadableStream<Uint8Array>({
		start(controller) {
			if (format === "csv") controller.enqueue(encoder.encode(CSV_HEADER));
		},
		async pull(controller) {
			const { requests, more } = await listRequests(db, filter, { after, limit: Math.min(left, EXPORT_PAGE) });
			const lines = requests.map((request) =>
				format === "csv" ? csvLine(request) : `${JSON.stringify(renderRequest(request))}\n`,
			);
			if (lines.length > 0) controller.enqueue(encoder.encode(lines.join("")));
			after = requests.at(-1)?.id ?? null;
			left -= requests.length;
			if (!more || left <= 0) controller.close();
		},
	});
	const [type, extension] = format === "csv" ? ["text/csv; charset=utf-8", "csv"] : ["application/jsonl", "jsonl"];
	return new Response(body, {
		headers: {
			"content-type": type,
			"content-disposition": `attachment; filename="requests.${extension}"`,
			"cache-control": "no-store",
		},
	});
}

/** A request by its id, of one key or of any; null when there is none. Throws `DatabaseUnavailable`. */
export async function requestOf(env: Env, id: string, keyId: KeyId | null): Promise<LoggedRequest | null> {
	const known = await findRequest(env.DB, id, keyId);
	if (known !== null) return known;
	await flushBeforeRead(env, { teamId: null, keyId });
	return findRequest(env.DB, id, keyId);
}

/** The tariffs of the models that are served now, by which a charge is explained. */
export async function servedTariffs(call: Call): Promise<TariffOf> {
	const { byName } = (await call.isolate.providers.current(call)).serving;
	return (provider, model) => byName.get(provider)?.models.find(({ id }) => id === model) ?? null;
}
