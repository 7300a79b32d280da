import { describe, expect, it } from "vitest";
import type { FaultKind } from "#core/fault";
import { verdictsOf } from "#core/health/outcome-table";
import type { ProviderName } from "#core/ids";
import { faultError } from "#gateway/upstream/fault-error";
import type { ChatAdapter } from "#providers/adapter";
import { anthropic } from "#providers/anthropic/index";
import { gemini } from "#providers/gemini/index";
import { openaiCompatible } from "#providers/openai-chat/index";
import { deepseek } from "#providers/vendors/deepseek";
import { openai } from "#providers/vendors/openai";
import { openrouter } from "#providers/vendors/openrouter";
import { siliconflow } from "#providers/vendors/siliconflow";
import { workersAi } from "#providers/workers-ai/index";
import { ERRORS, type ErrorFixture } from "#test/unit/providers/fixtures/errors";
import { errorReply } from "./native";

const ADAPTERS: Record<ErrorFixture["at"], ChatAdapter> = {
	openai,
	anthropic,
	gemini,
	deepseek,
	openrouter,
	siliconflow,
	"workers-ai": workersAi,
	added: openaiCompatible,
};

/**
 * What an error does to the cells of provider, credential and model, and what the caller is told, by docs/health.md and
 * docs/api.md.
 */
const TABLE: Record<Exclude<FaultKind, "connect" | "empty" | "truncated">, [string, number, string | null]> = {
	timeout: ["none none stalled", 504, "upstream_timeout"],
	overloaded: ["ok none failed", 503, "upstream_overloaded"],
	server: ["ok none failed", 502, "upstream_error"],
	rate_limited: ["ok none throttled", 429, "rate_limit_exceeded"],
	credential: ["ok dead none", 502, "upstream_credential_refused"],
	vendor_quota: ["ok dead none", 503, "upstream_account_exhausted"],
	forbidden: ["ok none failed", 502, "upstream_forbidden"],
	model_missing: ["ok none failed", 404, "model_not_found"],
	malformed: ["ok none failed", 502, "upstream_invalid_response"],
	// The vendor's own code.
	bad_request: ["none none none", 400, null],
	history: ["none none none", 400, "invalid_request"],
	context_length: ["none none none", 400, "context_length_exceeded"],
	content_policy: ["none none none", 400, "content_policy_violation"],
	too_large: ["none none none", 413, "request_too_large"],
};

describe("an error answer", () => {
	it.each(ERRORS)("of $who ($status) is $kind", (fixture) => {
		const fault = ADAPTERS[fixture.at].fault(errorReply(fixture.status, fixture.body));
		expect(fault).toMatchObject({ kind: fixture.kind, status: fixture.status });
		if (fixture.code !== undefined) expect(fault.code).toBe(fixture.code);
		if (fixture.param !== undefined) expect(fault.param).toBe(fixture.param);
		if (fixture.message !== undefined) expect(fault.message).toBe(fixture.message);

		expect(fault.limits).toBe(fixture.limits);

		const [cells, status, code] = TABLE[fixture.kind as keyof typeof TABLE];
		const { provider, credential, model } = verdictsOf({
			...{ result: "failed", fault: fault.kind, limits: fault.limits ?? null },
		});
		const expected = fixture.limits === "account" ? "ok throttled throttled" : cells;
		expect(`${provider} ${credential} ${model}`).toBe(expected);
		const { details } = faultError(fault, "acme" as ProviderName);
		expect(details.status).toBe(status);
		expect(details.code).toBe(code ?? fault.code ?? "invalid_request");
	});

	it("is here in every kind that one can be, and of every vendor", () => {
		expect(new Set(ERRORS.map(({ kind }) => kind))).toEqual(new Set(Object.keys(TABLE)));
		expect(new Set(ERRORS.map(({ at }) => at))).toEqual(new Set(Object.keys(ADAPTERS)));
	});
});

const RATE_LIMITED: Record<ErrorFixture["at"], unknown> = {
	openai: { error: { message: "Slow down", type: "requests", code: "rate_limit_exceeded" } },
	anthropic: { type: "error", error: { type: "rate_limit_error", message: "Slow down" } },
	gemini: { error: { code: 429, message: "Slow down", status: "RESOURCE_EXHAUSTED" } },
	deepseek: { error: { message: "Slow down", type: "rate_limit_error" } },
	openrouter: { error: { code: 429, message: "Slow down" } },
	siliconflow: { message: "Request was rejected due to rate limiting.", data: null },
	"workers-ai": "",
	added: "Too Many Requests",
};

describe.each(Object.entries(ADAPTERS))("how long to wait, by %s", (name, adapter) => {
	/** Everything is read at 18:00:00 on 23 November 2026, UTC. */
	const wait = (headers: Record<string, string>) => {
		const fault = adapter.fault(errorReply(429, RATE_LIMITED[name as ErrorFixture["at"]], headers));
		expect(fault.kind).toBe("rate_limited");
		return fault.retryAfterMs;
	};

	it.each([
		["seconds", { "retry-after": "12" }, 12_000],
		["a part of a second", { "retry-after": "1.5" }, 1_500],
		["no time", { "retry-after": "0" }, 0],
		["a date", { "retry-after": "Mon, 23 Nov 2026 18:00:30 GMT" }, 30_000],
		["a date that is past", { "retry-after": "Mon, 23 Nov 2026 17:59:59 GMT" }, undefined],
		["milliseconds, which are believed first", { "retry-after-ms": "250", "retry-after": "9" }, 250],
		["31 days", { "retry-after": "2678400" }, 2_678_400_000],
		["more than 31 days", { "retry-after": "2678401" }, undefined],
		["10^9 s", { "retry-after": "1000000000" }, undefined],
		["1e99 s", { "retry-after": "1e99" }, undefined],
		["less than no time", { "retry-after": "-1" }, undefined],
		["less than no time in milliseconds", { "retry-after-ms": "-5" }, undefined],
		["words", { "retry-after": "soon" }, undefined],
		["nothing", {}, undefined],
		["seconds with their unit", { "retry-after": "20s" }, 20_000],
		["hours and minutes", { "retry-after": "1h2m3.5s" }, 3_723_500],
		["when the requests are replenished", { "x-ratelimit-reset-requests": "250ms" }, 250],
		["when the tokens are", { "x-ratelimit-reset-tokens": "6m0s" }, 360_000],
		["when the later is", { "x-ratelimit-reset-tokens": "2s", "x-ratelimit-reset-requests": "5" }, 5_000],
		[
			"when the one is that is used up",
			{
				...{
					"x-ratelimit-reset-tokens": "2s",
					"x-ratelimit-limit-tokens": "30000",
					"x-ratelimit-remaining-tokens": "9",
				},
				"x-ratelimit-reset-requests": "1h",
				...{ "x-ratelimit-limit-requests": "50", "x-ratelimit-remaining-requests": "49" },
			},
			2_000,
		],
		["a moment since the epoch", { "x-ratelimit-reset": String(Date.UTC(2026, 10, 23, 18, 0, 7) / 1000) }, 7_000],
		["Anthropic's moment", { "anthropic-ratelimit-input-tokens-reset": "2026-11-23T18:00:40Z" }, 40_000],
		["Anthropic's moment that is past", { "anthropic-ratelimit-requests-reset": "2026-11-23T17:00:00Z" }, undefined],
		["retry-after before any reset", { "retry-after": "3", "x-ratelimit-reset-requests": "1h" }, 3_000],
	])("as %s", (_, headers, expected) => {
		expect(wait(headers)).toBe(expected);
	});
});

it.each([
	["Please try again in 20s.", 20_000],
	["Please try again in 7m12s. Visit the page.", 432_000],
	["Try again in 998ms", 998],
	["Please retry in 34.074824224s.", 34_075],
	["Rate limited, retry after 20 seconds", 20_000],
	["Please wait for 2 minutes and 1 second", 120_000],
	["Try again later", undefined],
	["Limit 20s", undefined],
])("reads the wait in the words %j", (message, expected) => {
	expect(openai.fault(errorReply(429, { error: { message, code: "rate_limit_exceeded" } })).retryAfterMs).toBe(
		expected,
	);
});

it("reads no wait where waiting does not help", () => {
	const headers = { "retry-after": "1", "x-ratelimit-reset-requests": "1s" };
	const body = { error: { message: "Try again in 20s", code: "insufficient_quota" } };
	expect(openai.fault(errorReply(429, body, headers)).retryAfterMs).toBeUndefined();
	const refused = openai.fault(errorReply(400, { error: { message: "no" } }, { "x-ratelimit-reset-requests": "1s" }));
	expect(refused.retryAfterMs).toBeUndefined();
});

it("takes OpenRouter's own hint from the body", () => {
	const reset = String(Date.UTC(2026, 10, 23, 18, 1, 0));
	const body = { error: { code: 429, message: "", metadata: { headers: { "X-RateLimit-Reset": reset } } } };
	expect(openrouter.fault(errorReply(429, body)).retryAfterMs).toBe(60_000);
});
