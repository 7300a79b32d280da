import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineCost, linesOf } from "#gateway/batches/line-costs";
import { atBatchPrice, type BatchLine, type Tariff } from "#metering/batch";
import { chatEndpoint } from "#providers/openai-chat/own-api";
import { cases } from "#test/support/scale";
import { modelOf } from "#test/unit/router/world";

const endpoint = chatEndpoint({ limits: ["max_tokens"] });
const model = atBatchPrice(modelOf("lab/owl", { input: 2, output: 8 }), 500);
const tariffs: Record<string, Tariff> = { owl: { prices: model.prices, rules: model.rules } };
const line = (customId: string, charged: number | null = 1_000_000): BatchLine => ({
	customId,
	model: "owl",
	attemptId: `req_1.${customId}`,
	jobId: `batch_1.${customId}`,
	token: null,
	charged,
});
const lines = new Map(["a", "b"].map((name) => [name, line(name)]));
const costOf = (written: object) => lineCost(JSON.stringify(written), endpoint, lines, tariffs, 0);
const answered = (prompt_tokens: number, completion_tokens: number) => ({
	status_code: 200,
	body: { choices: [], usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens } },
});

describe("what a line of a batch cost", () => {
	it("is its tokens at half the price", () => {
		// 100 tokens at 1 USD and 10 at 4 USD a million.
		expect(costOf({ custom_id: "a", response: answered(100, 10) })).toEqual({ customId: "a", cost: 140_000 });
	});

	it("is nothing for what was refused or never run", () => {
		expect(costOf({ custom_id: "a", response: { status_code: 400, body: { error: {} } } })?.cost).toBe(0);
		expect(costOf({ custom_id: "a", response: null, error: { code: "batch_expired" } })?.cost).toBe(0);
	});

	it("is not known where no usage is told, or one that cannot be true", () => {
		expect(costOf({ custom_id: "a", response: { status_code: 200, body: { choices: [] } } })?.cost).toBeNull();
		expect(costOf({ custom_id: "a", response: answered(3_000_000, 0) })?.cost).toBeNull();
	});

	it("is told of no line that is not the batch's", () => {
		expect(costOf({ custom_id: "other", response: answered(1, 1) })).toBeNull();
		expect(lineCost("{", endpoint, lines, tariffs, 0)).toBeNull();
	});
});

it("lines are the same however they come in pieces", async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", ""))),
			fc.array(fc.integer({ min: 1, max: 7 })),
			async (texts, sizes) => {
				const bytes = new TextEncoder().encode(texts.map((text) => `${text}\n`).join(""));
				let at = 0;
				let turn = 0;
				const stream = new ReadableStream<Uint8Array>({
					pull(controller) {
						if (at >= bytes.length) return controller.close();
						const size = sizes[turn++ % Math.max(1, sizes.length)] ?? 3;
						controller.enqueue(bytes.slice(at, at + size));
						at += size;
					},
				});
				const read: string[] = [];
				for await (const text of linesOf(stream)) read.push(text);
				expect(read).toEqual(texts);
			},
		),
		{ numRuns: cases(200, 50) },
	);
});
