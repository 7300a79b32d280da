// Logged requests as the API shows and exports them.
import * as v from "valibot";
import { PAYLOAD_LEVELS } from "#core/key/payload-policy";
import type { LoggedAttempt, LoggedRequest } from "#core/usage/logged-request";
import { REQUEST_COLUMN_NAMES } from "#core/usage/request-columns";
import { signedUsdString } from "#metering/money";
import type { Payload } from "#store/usage/payloads";
import { instant } from "./instant";
import { Dollars, Instant, Labels, type Shown } from "./shown";

const Tokens = v.pipe(v.number(), v.integer());
const Text = v.nullable(v.string());
const Figure = v.nullable(v.number());

export const RequestView = v.object({
	id: v.string(),
	object: v.literal("request"),
	at: Instant,
	team_id: v.string(),
	key_id: v.string(),
	app: Text,
	session: Text,
	end_user: Text,
	metadata: v.nullable(Labels),
	face: Text,
	stream: v.nullable(v.boolean()),
	requested_model: Text,
	alias: Text,
	strategy: Text,
	provider: Text,
	model: Text,
	status: Figure,
	error_type: Text,
	error_code: Text,
	input_tokens: Tokens,
	cached_input_tokens: Tokens,
	cache_write_tokens: Tokens,
	output_tokens: Tokens,
	reasoning_tokens: Tokens,
	cost: Dollars,
	cache_discount: v.pipe(
		Dollars,
		v.description("what vendors' caches saved of the cost; negative where they cost more"),
	),
	estimated: v.boolean(),
	latency_ms: Figure,
	ttft_ms: Figure,
	cache: Text,
	unpriced: v.boolean(),
	attempt_count: v.number(),
});

const AttemptView = v.object({
	id: v.string(),
	provider: Text,
	model: Text,
	credential: Text,
	simulated: v.boolean(),
	start_ms: v.pipe(Figure, v.description("milliseconds since the request arrived, as `end_ms`")),
	end_ms: Figure,
	ttft_ms: Figure,
	end: v.string(),
	fault: Text,
	upstream_status: Figure,
	cost: Dollars,
	estimated: v.boolean(),
	unpriced: v.boolean(),
	claim: v.exactOptional(v.object({ input_tokens: Tokens, output_tokens: Tokens, beyond: Dollars })),
	charges: v.array(v.object({ why: v.string(), cost: Dollars })),
});

const whole = {
	...RequestView.entries,
	candidates: v.array(v.object({ target: v.string(), score: v.nullable(v.number()) })),
};

export const WholeRequestView = v.object({ ...whole, attempts: v.array(AttemptView) });

/** As the holder of a key sees it: which of its credentials the gateway used is its own affair. */
export const OwnRequestView = v.object({ ...whole, attempts: v.array(v.omit(AttemptView, ["credential"])) });

export const PayloadView = v.object({
	id: v.string(),
	object: v.literal("payload"),
	team_id: v.string(),
	key_id: v.string(),
	level: v.picklist(PAYLOAD_LEVELS),
	request: v.unknown(),
	response: v.unknown(),
});

/** A request as lists show it. */
export function renderRequest({ attempts, candidates, ...request }: LoggedRequest): Shown<typeof RequestView> {
	return {
		...request,
		object: "request",
		at: instant(request.at),
		cost: signedUsdString(request.cost),
		cache_discount: signedUsdString(cacheDiscountOf(attempts)),
		unpriced: attempts.some(({ unpriced }) => unpriced === true),
		attempt_count: byAttempt(attempts).length,
	};
}

/** A request with all that is known of it: what could have served it, and what was tried, in order. */
export function renderWholeRequest(request: LoggedRequest): Shown<typeof WholeRequestView> {
	return {
		...renderRequest(request),
		candidates: request.candidates ?? [],
		attempts: byAttempt(request.attempts).map(renderAttempt),
	};
}

/** What a request said and was answered, as far as it was kept. */
export function renderPayload(payload: Payload): Shown<typeof PayloadView> {
	const { requestId, keyId, teamId, level, request, response } = payload;
	return { id: requestId, object: "payload", team_id: teamId, key_id: keyId, level, request, response };
}

/** What vendors' caches saved over all attempts, in nano-dollars. */
export function cacheDiscountOf(attempts: readonly LoggedAttempt[]): number {
	return attempts.reduce((sum, { usage }) => sum + (usage?.cacheDiscount ?? 0), 0);
}

/** The entries of each attempt, in the order in which the attempts became known. */
function byAttempt(entries: readonly LoggedAttempt[]): LoggedAttempt[][] {
	const attempts = new Map<string, LoggedAttempt[]>();
	for (const entry of entries) {
		const others = attempts.get(entry.attemptId);
		if (others === undefined) attempts.set(entry.attemptId, [entry]);
		else others.push(entry);
	}
	return [...attempts.values()];
}

/** `start_ms` and `end_ms` are milliseconds since the request arrived. */
function renderAttempt(entries: readonly LoggedAttempt[]): Shown<typeof AttemptView> {
	const whole = entries.find(({ end }) => end !== undefined) ?? entries[0];
	return {
		id: whole?.attemptId ?? "",
		provider: whole?.provider ?? null,
		model: whole?.model ?? null,
		credential: whole?.credential ?? null,
		simulated: whole?.simulated ?? false,
		start_ms: whole?.startedMs ?? null,
		end_ms: whole?.endedMs ?? null,
		ttft_ms: whole?.ttftMs ?? null,
		end: whole?.end ?? "unknown",
		fault: whole?.fault ?? null,
		upstream_status: whole?.upstreamStatus ?? null,
		cost: signedUsdString(entries.reduce((sum, { cost }) => sum + cost, 0)),
		estimated: whole?.estimated ?? true,
		unpriced: whole?.unpriced ?? false,
		...(whole?.claim !== undefined && { claim: renderClaim(whole.claim) }),
		charges: entries.flatMap(({ why, cost }) => (why === undefined ? [] : [{ why, cost: signedUsdString(cost) }])),
	};
}

/** `beyond` is by how much it would have cost more than was charged. */
function renderClaim({ input, output, beyond }: NonNullable<LoggedAttempt["claim"]>) {
	return { input_tokens: input, output_tokens: output, beyond: signedUsdString(beyond) };
}

/** The columns of an export, in order: what a list shows. */
const CSV_COLUMNS = [
	...REQUEST_COLUMN_NAMES.filter((name) => name !== "candidates" && name !== "attempts"),
	"attempt_count",
	"cache_discount",
	"unpriced",
] as const;

export const CSV_HEADER = `${CSV_COLUMNS.join(",")}\r\n`;

/** One line of CSV (RFC 4180) with its end; metadata is JSON in its field. */
export function csvLine(request: LoggedRequest): string {
	const row = { ...renderRequest(request), metadata: JSON.stringify(request.metadata) };
	return `${CSV_COLUMNS.map((name) => csvField(row[name])).join(",")}\r\n`;
}

const NUMBER = /^-?\d+(\.\d+)?$/;

/** How a formula begins, in half and in full width, and what spreadsheets skip before one. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/**
 * Spreadsheets run a text that begins like a formula, and callers choose some of these texts; an apostrophe in front
 * stops it (OWASP, CSV Injection).
 */
function csvField(value: string | number | boolean | null): string {
	if (value === null) return "";
	if (typeof value !== "string" || NUMBER.test(value)) return String(value);
	const text = FORMULA.test(value) ? `'${value}` : value;
	return /["\r\n,']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
