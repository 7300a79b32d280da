import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { estimatedUsage, type Usage } from "#core/chat/usage";
import type { LoggedAttempt, LoggedRequest } from "#core/usage/logged-request";
import { type ColumnFrom, columnsFrom } from "#core/usage/request-columns";
import { CSV_HEADER, csvLine, renderRequest, renderWholeRequest } from "#http/views/request-report";

const tried: LoggedAttempt = {
	attemptId: "req_1.1",
	provider: "openai",
	model: "gpt-5.4",
	credential: "env",
	simulated: false,
	startedMs: 3,
	endedMs: 40,
	ttftMs: null,
	end: "failed",
	fault: "overloaded",
	upstreamStatus: 503,
	cost: 0,
	estimated: false,
};
const served: LoggedAttempt = { ...tried, attemptId: "req_1.2", provider: "gemini", end: "answered", cost: 1_500 };

const noTariff = () => null;

type Unrecorded = { readonly [Name in ColumnFrom<"record">]: null };
const UNRECORDED = Object.fromEntries(columnsFrom("record").map((name) => [name, null])) as Unrecorded;

const request: LoggedRequest = {
	...UNRECORDED,
	id: "req_1",
	at: Date.UTC(2026, 10, 18),
	team_id: "team_1",
	key_id: "key_1",
	app: "an app",
	stream: true,
	candidates: [{ target: "openai/gpt-5.4", score: null }],
	status: 200,
	input_tokens: 10,
	cached_input_tokens: 0,
	cache_write_tokens: 0,
	output_tokens: 5,
	reasoning_tokens: 0,
	cost: 1_500,
	estimated: false,
	latency_ms: 700,
	attempts: [tried, served],
};

describe("a request", () => {
	test("shows its attempts in order, in milliseconds since it came", () => {
		expect(renderWholeRequest(request, noTariff).attempts).toMatchObject([
			{ id: "req_1.1", provider: "openai", fault: "overloaded", start_ms: 3, end_ms: 40, cost: "0" },
			{ id: "req_1.2", provider: "gemini", end: "answered", cost: "0.0000015" },
		]);
	});

	test("counts what is told of an attempt in several entries once, and adds up its charges", () => {
		const expired: LoggedAttempt = { attemptId: "req_1.2", cost: 9_000, why: "expired" };
		const corrected: LoggedAttempt = { attemptId: "req_1.2", cost: -7_500, why: "corrected" };
		const whole = renderWholeRequest(
			{ ...request, attempts: [expired, tried, corrected, { ...served, cost: 0 }] },
			noTariff,
		);
		expect(whole.attempt_count).toBe(2);
		expect(whole.attempts[0]).toMatchObject({
			provider: "gemini",
			end: "answered",
			cost: "0.0000015",
			charges: [
				{ why: "expired", cost: "0.000009" },
				{ why: "corrected", cost: "-0.0000075" },
			],
		});
	});

	test("takes the cost of an attempt apart by the price that explains it, and says nothing where none does", () => {
		const used = { ...estimatedUsage(600, 500), cacheRead: 400 };
		const prices = [
			{ from: 0, price: { input: 2e6, cacheRead: 5e5, cacheWrite: 2e6, cacheWriteHour: 2e6, output: 8e6 } },
		];
		const attempts = [tried, { ...served, usage: used, cost: 5_400_000 }];
		const shown = renderWholeRequest({ ...request, attempts }, () => ({ prices, rules: {} })).attempts;
		expect(shown[0]).toMatchObject({ usage: null, price_lines: null });
		expect(shown[1]?.price_lines).toEqual([
			{ kind: "input", amount: 600, usd_per_million: "2", factor: "1", cost: "0.0012" },
			{ kind: "cache_read", amount: 400, usd_per_million: "0.5", factor: "1", cost: "0.0002" },
			{ kind: "output", amount: 500, usd_per_million: "8", factor: "1", cost: "0.004" },
		]);
		const held = [{ ...served, usage: used, cost: 5_400_001 }];
		expect(renderWholeRequest({ ...request, attempts: held }, () => ({ prices, rules: {} })).attempts).toMatchObject([
			{ usage: { uncached_input: 600, cache_read: 400, output: 500 }, price_lines: null },
		]);
	});

	test("shows what sound was billed by, and its price by the minute or by the character", () => {
		const free = { input: 0, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0, output: 0 };
		const tariff = {
			prices: [{ from: 0, price: free }],
			rules: { audioFees: { minute: 6_000_000, character: 15_000 } },
		};
		const of = (audio: Usage["audio"] & object, cost: number) => {
			const attempts = [{ ...served, usage: { ...estimatedUsage(0, 0), audio }, cost }];
			return renderWholeRequest({ ...request, attempts }, () => tariff).attempts[0];
		};
		expect(of({ millisecond: 9_000 }, 900_000)).toMatchObject({
			usage: { billed_units: { millisecond: 9_000 } },
			price_lines: [{ kind: "millisecond", amount: 9_000, usd_per_million: "0.1", factor: "1", cost: "0.0009" }],
		});
		expect(of({ character: 27 }, 405_000)?.price_lines).toEqual([
			{ kind: "character", amount: 27, usd_per_million: "15", factor: "1", cost: "0.000405" },
		]);
	});

	test("says in short how each attempt ended, and what could not serve it", () => {
		const whole = renderWholeRequest({ ...request, excluded: [{ target: "a/b", reason: "context" }] }, noTariff);
		expect(whole.tries).toEqual([
			{ provider: "openai", end: "failed", fault: "overloaded", upstream_status: 503 },
			{ provider: "gemini", end: "answered", fault: "overloaded", upstream_status: 503 },
		]);
		expect(whole.excluded).toEqual([{ target: "a/b", reason: "context" }]);
	});

	test("of which only a charge is known says so", () => {
		const attempts = [{ attemptId: "req_1.1", cost: 9_000, why: "expired" }];
		expect(renderWholeRequest({ ...request, status: null, attempts }, noTariff).attempts).toMatchObject([
			{ end: "unknown", estimated: true, provider: null },
		]);
	});
});

/** The fields of one line, by RFC 4180. */
function fields(line: string): string[] {
	const found: string[] = [];
	for (const [, quoted, plain] of line.replace(/\r\n$/, "").matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
		found.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
	}
	return found;
}

/** Half and full width, and what may stand before them. */
const OPENINGS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"];

describe("a line of CSV", () => {
	const names = fields(CSV_HEADER);

	test("has what the JSON has, under its names", () => {
		const row: Record<string, unknown> = { ...renderRequest(request), metadata: JSON.stringify(request.metadata) };
		const line = fields(csvLine(request));
		expect(line).toEqual(names.map((name) => (row[name] === null ? "" : String(row[name]))));
	});

	test("keeps any text whole in its field, and lets none begin a formula", () => {
		const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...OPENINGS, '"', ",", "a", "1") }));
		fc.assert(
			fc.property(text, (app) => {
				const field = fields(csvLine({ ...request, app }))[names.indexOf("app")] ?? "";
				expect([app, `'${app}`]).toContain(field);
				if (!/^-?\d+(\.\d+)?$/.test(field)) expect(OPENINGS).not.toContain(field[0]);
			}),
		);
	});

	test.each(OPENINGS)("guards what %j begins", (opening) => {
		expect(fields(csvLine({ ...request, app: `${opening}1+1` }))[names.indexOf("app")]).toBe(`'${opening}1+1`);
	});

	test("leaves a negative amount a number", () => {
		expect(fields(csvLine({ ...request, cost: -1_500 }))[names.indexOf("cost")]).toBe("-0.0000015");
	});
});
