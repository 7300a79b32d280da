import { describe, expect, it } from "vitest";
import { normalUsage, type Usage } from "#core/chat/usage";
import { GatewayError } from "#core/errors";
import type { RequestId } from "#core/ids";
import { parseRerank } from "#faces/rerank/parse";
import { renderRanking } from "#faces/rerank/render";
import { nanoUsd } from "#metering/money";
import { rerank } from "#operations/rerank/index";

const GOOD = { model: "m", query: "q", documents: ["one", { text: "two", id: 7 }] };
const named = (field: string) => (field === "siliconflow" ? field : undefined);

function refusal(fields: object): [param: string | undefined, status: number] {
	try {
		parseRerank({ ...GOOD, ...fields }, named);
	} catch (thrown) {
		if (thrown instanceof GatewayError) return [thrown.details.param, thrown.details.status];
		throw thrown;
	}
	throw new Error("was not refused");
}

describe("a request for a rerank", () => {
	it("is read with texts and objects alike, asks for all unless it says how many, and keeps what it does not know", () => {
		const { request, preference, style } = parseRerank(
			{ ...GOOD, top_n: null, instruction: "birds", siliconflow: { max_chunks_per_doc: 3 } },
			named,
		);
		expect(request).toEqual({
			stream: false,
			query: "q",
			documents: ["one", "two"],
			top: 2,
			extensions: { instruction: "birds" },
			providerExtensions: { siliconflow: { max_chunks_per_doc: 3 } },
		});
		expect([preference, style]).toEqual([{ model: "m" }, null]);
		expect(parseRerank({ ...GOOD, top_n: 1 }, named).request.top).toBe(1);
		expect(parseRerank({ ...GOOD, top_n: 9 }, named).request.top).toBe(2);
	});

	it.each([
		["no query", { query: undefined }, "query"],
		["an empty query", { query: "" }, "query"],
		["a query beyond all windows", { query: "q".repeat(32_769) }, "query"],
		["no documents", { documents: [] }, "documents"],
		["an empty document", { documents: ["one", { text: "" }] }, "documents[1]"],
		["a document that is none", { documents: ["one", 2] }, "documents[1]"],
		["too many documents", { documents: Array.from({ length: 1001 }, () => "one") }, "documents"],
		["none of the best", { top_n: 0 }, "top_n"],
		["half of one", { top_n: 0.5 }, "top_n"],
		["a stream", { stream: true }, "stream"],
		["a text beyond all windows, in another field", { instruction: "q".repeat(32_769) }, "instruction"],
	])("is refused by name when it has %s", (_, fields, param) => {
		const [at, status] = refusal(fields);
		expect(status).toBe(400);
		expect(at?.startsWith(param), at).toBe(true);
	});

	it("is counted with the query anew for each document", () => {
		const of = (documents: string[]) =>
			rerank.estimateInput(parseRerank({ ...GOOD, query: "some words to look for", documents }, named).request);
		expect(of(["text", "text", "text"])).toBeGreaterThanOrEqual(3 * of(["text"]) - 3);
	});
});

it("a ranking repeats documents as they were given, where that was wanted", () => {
	const head = { requestId: "r1" as RequestId, receivedAt: 0, model: "m" };
	const usage = normalUsage({ input: 9, output: 0 }) as Usage;
	const ranking = { results: [{ index: 1, score: 0.9 }], usage };
	const { style } = parseRerank({ ...GOOD, return_documents: true }, named);
	expect(renderRanking(head, ranking, usage, nanoUsd(1000), style)).toEqual({
		id: "rerank-r1",
		model: "m",
		results: [{ index: 1, relevance_score: 0.9, document: { text: "two", id: 7 } }],
		meta: { tokens: { input_tokens: 9, output_tokens: 0 } },
		usage: { prompt_tokens: 9, total_tokens: 9, cost: 0.000001 },
	});
	expect(renderRanking(head, ranking, usage, null, null).results).toEqual([{ index: 1, relevance_score: 0.9 }]);
});
