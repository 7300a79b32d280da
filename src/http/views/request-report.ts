// Logged requests as the API shows and exports them.
import * as v from "valibot";
import type { Model } from "#catalog/model";
import type { Usage } from "#core/chat/usage";
import { PAYLOAD_LEVELS } from "#core/key/payload-policy";
import type { LoggedAttempt, LoggedRequest } from "#core/usage/logged-request";
import { REQUEST_COLUMN_NAMES } from "#core/usage/request-columns";
import { COST_KINDS, costLines, factorText, lineCost } from "#metering/cost-lines";
import { nanoUsd, signedUsdString, usdString } from "#metering/money";
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
	tries: v.pipe(
		v.array(v.object({ provider: Text, end: v.string(), fault: Text, upstream_status: Figure })),
		v.description("its attempts in short, in the order in which they became known"),
	),
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
	usage: v.pipe(
		v.nullable(
			v.object({
				uncached_input: Tokens,
				cache_read: Tokens,
				cache_write: Tokens,
				cache_write_hour: Tokens,
				output: Tokens,
				reasoning: Tokens,
				billed_units: v.exactOptional(v.record(v.string(), Tokens)),
			}),
		),
		v.description(
			"tokens by kind; the first five are disjoint, reasoning is part of the output; and what images and sound are billed by beside tokens",
		),
	),
	price_lines: v.pipe(
		v.nullable(
			v.array(
				v.object({
					kind: v.picklist(COST_KINDS),
					amount: Tokens,
					usd_per_million: Dollars,
					factor: v.string(),
					cost: v.string(),
				}),
			),
		),
		v.description(
			"what the cost adds up from, exactly, before the sum is rounded up to a nano-dollar; null where today's price does not explain it",
		),
	),
	claim: v.exactOptional(v.object({ input_tokens: Tokens, output_tokens: Tokens, beyond: Dollars })),
	charges: v.array(v.object({ why: v.string(), cost: Dollars })),
});

const whole = {
	...RequestView.entries,
	candidates: v.array(v.object({ target: v.string(), score: v.nullable(v.number()) })),
	excluded: v.pipe(
		v.array(v.object({ target: v.string(), reason: v.string() })),
		v.description("what could not serve it, and why, in the words of `POST /v1/route`; the first sixteen"),
	),
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
export function renderRequest({
	attempts,
	candidates,
	excluded,
	...request
}: LoggedRequest): Shown<typeof RequestView> {
	return {
		...request,
		object: "request",
		at: instant(request.at),
		cost: signedUsdString(request.cost),
		cache_discount: signedUsdString(cacheDiscountOf(attempts)),
		unpriced: attempts.some(({ unpriced }) => unpriced === true),
		attempt_count: byAttempt(attempts).length,
		tries: byAttempt(attempts).map((entries) => {
			const { provider, end, fault, upstreamStatus } = wholeOf(entries);
			return {
				provider: provider ?? null,
				end: end ?? "unknown",
				fault: fault ?? null,
				upstream_status: upstreamStatus ?? null,
			};
		}),
	};
}

/** So many nano-dollars for a million tokens are one pico-dollar for one. */
const NANO_PER_MILLION = 1_000;

/** The tariff of a model at a provider; null where it is not served now. */
export type TariffOf = (provider: string, model: string) => Pick<Model, "prices" | "rules"> | null;

/** A request with all that is known of it: what could have served it, and what was tried, in order. */
export function renderWholeRequest(request: LoggedRequest, tariffOf: TariffOf): Shown<typeof WholeRequestView> {
	return {
		...renderRequest(request),
		candidates: request.candidates ?? [],
		excluded: request.excluded ?? [],
		attempts: byAttempt(request.attempts).map((entries) => renderAttempt(entries, request.at, tariffOf)),
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

/** The entry that tells most of an attempt: that of its request's record, where it has come. */
function wholeOf(entries: readonly LoggedAttempt[]): Partial<LoggedAttempt> {
	return entries.find(({ end }) => end !== undefined) ?? entries[0] ?? {};
}

/** `start_ms` and `end_ms` are milliseconds since the request arrived. */
function renderAttempt(entries: readonly LoggedAttempt[], at: number, tariffOf: TariffOf): Shown<typeof AttemptView> {
	const whole = wholeOf(entries);
	const cost = entries.reduce((sum, entry) => sum + entry.cost, 0);
	return {
		id: whole.attemptId ?? "",
		provider: whole.provider ?? null,
		model: whole.model ?? null,
		credential: whole.credential ?? null,
		simulated: whole.simulated ?? false,
		start_ms: whole.startedMs ?? null,
		end_ms: whole.endedMs ?? null,
		ttft_ms: whole.ttftMs ?? null,
		end: whole.end ?? "unknown",
		fault: whole.fault ?? null,
		upstream_status: whole.upstreamStatus ?? null,
		cost: signedUsdString(cost),
		estimated: whole.estimated ?? true,
		unpriced: whole.unpriced ?? false,
		usage: renderTokens(whole.usage ?? null),
		price_lines: priceLines(whole, at, cost, tariffOf),
		...(whole.claim !== undefined && { claim: renderClaim(whole.claim) }),
		charges: entries.flatMap(({ why, cost }) => (why === undefined ? [] : [{ why, cost: signedUsdString(cost) }])),
	};
}

function renderTokens(usage: Usage | null) {
	if (usage === null) return null;
	const { uncachedInput, cacheRead, cacheWrite, cacheWriteHour, output, reasoning, images, audio } = usage;
	const units = { ...images, ...audio };
	return {
		uncached_input: uncachedInput,
		cache_read: cacheRead,
		cache_write: cacheWrite,
		cache_write_hour: cacheWriteHour,
		output,
		reasoning,
		...(Object.keys(units).length > 0 && { billed_units: units }),
	};
}

function priceLines({ provider, model, usage }: Partial<LoggedAttempt>, at: number, cost: number, tariffOf: TariffOf) {
	const tariff = tariffOf(provider ?? "", model ?? "");
	if (usage === undefined || usage === null || tariff === null) return null;
	const lines = costLines(usage, tariff, at, cost);
	return (
		lines?.map((line) => ({
			kind: line.kind,
			amount: line.amount,
			usd_per_million: usdString(nanoUsd(line.price * NANO_PER_MILLION)),
			factor: factorText(line),
			cost: lineCost(line),
		})) ?? null
	);
}

/** `beyond` is by how much it would have cost more than was charged. */
function renderClaim({ input, output, beyond }: NonNullable<LoggedAttempt["claim"]>) {
	return { input_tokens: input, output_tokens: output, beyond: signedUsdString(beyond) };
}

/** The columns of an export, in order: what a list shows. */
const CSV_COLUMNS = [
	...REQUEST_COLUMN_NAMES.filter((name) => name !== "candidates" && name !== "excluded" && name !== "attempts"),
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
