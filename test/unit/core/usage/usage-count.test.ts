import { describe, expect, it } from "vitest";
import { estimatedUsage } from "#core/chat/usage";
import type { ErrorType } from "#core/error-catalog";
import type { CredentialId, ProviderName, RequestId } from "#core/ids";
import { fieldName } from "#core/usage/field-name";
import { latencyBucket } from "#core/usage/latency-buckets";
import type { RequestRecord } from "#core/usage/request-record";
import { USAGE_FIGURES } from "#core/usage/rollup-columns";
import { UsageTally } from "#core/usage/usage-count";
import { rowOf } from "#durable-objects/api-key/usage/usage-entries";
import { attemptRecord, requestRecord } from "#test/support/usage-records";

const NOON = Date.UTC(2027, 4, 6, 12);
const id = "req_1" as RequestId;

function counted(...records: RequestRecord[]) {
	const tally = new UsageTally();
	for (const record of records) {
		const charges = record.attempts.map(
			({ attemptId }) => [attemptId, { attemptId, cost: 7, estimated: false }] as const,
		);
		tally.add(rowOf(record, new Map(charges)));
	}
	return tally.counts;
}

describe("UsageTally", () => {
	it("adds up what falls into one hour at one app and model", () => {
		const counts = counted(
			requestRecord({ requestId: id, at: NOON, latencyMs: 250 }),
			requestRecord({ requestId: id, at: NOON + 3_599_999, latencyMs: 250, ttftMs: 5 }),
		);
		expect(counts).toHaveLength(1);
		expect(counts[0]).toMatchObject({
			hour: NOON,
			requests: 2,
			attempts: 2,
			inputTokens: 200,
			outputTokens: 40,
			cost: 14,
		});
		expect(counts[0]?.latency).toHaveLength(latencyBucket(250) + 1);
		expect(counts[0]?.latency.at(-1)).toBe(2);
		expect(counts[0]?.ttft).toEqual([1]);
	});

	it("tells hours and apps apart", () => {
		const counts = counted(
			requestRecord({ requestId: id, at: NOON - 1 }),
			requestRecord({ requestId: id, at: NOON }),
			requestRecord({ requestId: id, at: NOON, app: "editor" }),
		);
		expect(counts.map(({ hour, app }) => [hour - NOON, app])).toEqual([
			[-3_600_000, ""],
			[0, ""],
			[0, "editor"],
		]);
	});

	it("counts a request where it was served, and each attempt where it was made", () => {
		const failed = attemptRecord({
			attemptId: "req_1.1",
			provider: "deepseek" as ProviderName,
			model: "deepseek-flash",
			credential: "default" as CredentialId,
			end: "failed",
			usage: null,
		});
		const [served, asked] = counted(
			requestRecord({ requestId: id, attempts: [failed, attemptRecord({ attemptId: "req_1.2" })] }),
		);
		expect(served).toMatchObject({ provider: "openai", requests: 1, attempts: 1, cost: 7 });
		expect(asked).toMatchObject({ provider: "deepseek", requests: 0, attempts: 1, cost: 7, inputTokens: 0 });
	});

	it("does not time what failed", () => {
		const [count] = counted(requestRecord({ requestId: id, status: 503, errorType: "server_error", latencyMs: 9_000 }));
		expect(count).toMatchObject({ requests: 1, serverErrors: 1, latency: [], ttft: [] });
		const [left] = counted(requestRecord({ requestId: id, status: 499, errorType: "server_error" }));
		expect(left).toMatchObject({ cancelled: 1, serverErrors: 0 });
	});

	it("counts every figure of the roll-ups", () => {
		const tally = new UsageTally();
		const usage = {
			...estimatedUsage(100, 20),
			...{ cacheRead: 3, cacheWrite: 2, cacheWriteHour: 1, reasoning: 4, cacheDiscount: 6 },
			images: { image: 1, tile: 4, step: 8 },
			audio: { millisecond: 3_000, character: 20, byte: 21 },
		};
		const failures: readonly [number, ErrorType][] = [
			[400, "invalid_request_error"],
			[403, "permission_error"],
			[402, "insufficient_quota"],
			[429, "rate_limit_error"],
			[502, "server_error"],
			[499, "server_error"],
		];
		for (const [status, errorType] of failures) {
			const claim = { input: 9_000, output: 20, beyond: 11 };
			const attempts = [attemptRecord({ attemptId: "req_1.1", usage, claim, unpriced: true })];
			const record = requestRecord({ requestId: id, status, errorType, attempts });
			tally.add(rowOf(record, new Map([["req_1.1", { attemptId: "req_1.1", cost: 7, estimated: true }]])));
		}
		const expired = { attemptId: "req_1.2", cost: 5, estimatedCost: 5, why: "expired" } as const;
		const whose = { provider: "openai" as ProviderName, model: "gpt-6" };
		const row = rowOf(requestRecord({ requestId: id }), new Map());
		tally.add({ ...row, attempts: [{ ...expired, ...whose }] });
		const [count] = tally.counts;
		const uncounted = USAGE_FIGURES.filter((name) => !(Number(count?.[fieldName(name)]) > 0));
		expect([tally.counts.length, uncounted]).toEqual([1, []]);
	});
});
