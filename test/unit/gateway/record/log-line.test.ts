import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { estimatedUsage } from "#core/chat/usage";
import type { RequestId } from "#core/ids";
import { requestLine } from "#gateway/record/log-line";
import { attemptRecord, requestRecord } from "#test/support/usage-records";

const attempt = attemptRecord({
	attemptId: "req_1.1",
	startedMs: 2,
	endedMs: 700,
	ttftMs: 300,
	usage: { ...estimatedUsage(100, 20), cacheRead: 40, reasoning: 5 },
	cost: 1_500,
});
const failed = attemptRecord({
	...attempt,
	attemptId: "req_1.0",
	end: "failed",
	usage: null,
	cost: 0,
	estimated: true,
});
const record = requestRecord({
	requestId: "req_1" as RequestId,
	at: Date.UTC(2026, 10, 1, 12),
	attempts: [failed, attempt],
});

describe("the line of a request", () => {
	test("sums up its attempts, in US dollars", () => {
		expect(JSON.parse(requestLine(record, "requests") ?? "")).toMatchObject({
			at: "2026-11-01T12:00:00.000Z",
			input_tokens: 140,
			cached_input_tokens: 40,
			output_tokens: 20,
			reasoning_tokens: 5,
			cost_usd: "0.0000015",
			estimated: true,
			attempts: [{ end: "failed" }, { end: "answered", started_ms: 2, ended_ms: 700 }],
		});
	});

	test("is there as the level says", () => {
		const failed = { ...record, status: 502 };
		expect([record, failed].map((each) => requestLine(each, "off"))).toEqual([null, null]);
		expect(requestLine(record, "errors")).toBeNull();
		expect(requestLine({ ...record, status: 402 }, "errors")).toBeNull();
		expect(requestLine(failed, "errors")).toContain('"warn"');
	});

	test("holds nothing that a caller or a provider wrote", () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 40 }), (text) => {
				const canary = `Canary ${text}`;
				const line = requestLine(
					{
						...record,
						app: canary,
						session: canary,
						endUser: canary,
						metadata: { [canary]: canary },
						requestedModel: canary,
						candidates: [{ target: canary, score: 1 }],
						errorCode: canary,
					},
					"requests",
				);
				expect(line).not.toContain("Canary");
				expect(line).not.toContain("\n");
			}),
		);
	});
});
