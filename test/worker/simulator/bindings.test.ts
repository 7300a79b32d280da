import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { LocalAi } from "#simulator/bindings/local-ai";
import type { LocalVectorize } from "#simulator/bindings/local-vectorize";
import { MUTATION_LAG_MS, type VectorIndex } from "#simulator/bindings/vector-index";
import type { SimulatorState } from "#simulator/state";

const bound = env as unknown as {
	AI: Service<LocalAi>;
	VECTORIZE: Service<LocalVectorize>;
	VECTOR_INDEX: DurableObjectNamespace<VectorIndex>;
	SIMULATOR_STATE: DurableObjectNamespace<SimulatorState>;
};
const state = bound.SIMULATOR_STATE.getByName("state");

const CLASSIC = "@cf/meta/llama-3.1-8b-instruct-fp8-fast";
const OPENAI_SHAPED = "@cf/moonshotai/kimi-k2.6";
const HELLO = { messages: [{ role: "user", content: "Hello AI!" }] };

async function text(stream: unknown): Promise<string> {
	return new Response(stream as ReadableStream<Uint8Array>).text();
}

/** A promise of this isolate for a call that rejects: the remote one itself counts as unhandled. */
async function local<Answer>(call: () => Promise<Answer>): Promise<Answer> {
	return await call();
}

describe("the AI stand-in", () => {
	afterEach(async () => {
		await state.setFaults([]);
		await state.clearBooks();
	});

	it("answers a classic model's own shape as an object", async () => {
		const answer = (await bound.AI.run(CLASSIC, HELLO)) as { response: string; usage: { total_tokens: number } };
		expect(answer.response).toBe("You said “Hello AI!”.");
		expect(answer.usage.total_tokens).toBeGreaterThan(0);
		expect(await state.billing()).toMatchObject({ requests: 1, providers: { "workers-ai": { requests: 1 } } });
	});

	it("answers a newer model in OpenAI's shape, with what it thought", async () => {
		const answer = (await bound.AI.run(OPENAI_SHAPED, HELLO)) as {
			choices: { message: { content: string; reasoning_content: string } }[];
		};
		expect(answer.choices[0]?.message.content).toBe("You said “Hello AI!”.");
		expect(answer.choices[0]?.message.reasoning_content).not.toBe("");
	});

	it("answers a stream of bytes when one is asked for", async () => {
		const classic = await text(await bound.AI.run(CLASSIC, { ...HELLO, stream: true }));
		expect(classic).toContain('data: {"response":"You","p":"');
		expect(classic.endsWith("data: [DONE]\n\n")).toBe(true);
		expect(await text(await bound.AI.run(OPENAI_SHAPED, { ...HELLO, stream: true }))).toContain(
			"chat.completion.chunk",
		);
	});

	it("answers the raw response when that is asked for, whatever its status", async () => {
		const good = (await bound.AI.run(CLASSIC, HELLO, { returnRawResponse: true })) as Response;
		expect([good.status, good.headers.get("content-type")]).toEqual([200, "application/json"]);
		expect(good.headers.get("x-tollgate-simulated")).toBe("true");
		expect(await good.json()).toHaveProperty("response");
		const bad = (await bound.AI.run("@cf/none/such", HELLO, { returnRawResponse: true })) as Response;
		expect(bad.status).toBe(400);
		expect(await bad.json()).toMatchObject({ internalCode: 5007 });
	});

	it.each([
		["an unknown model", "@cf/none/such", HELLO, "5007: AiError: No such model @cf/none/such or task"],
		[
			"an unknown key",
			CLASSIC,
			{ ...HELLO, logprobs: true },
			"5006: AiError: Bad input: Error: Additional or unevaluated properties '/logprobs' at '/' not allowed",
		],
		[
			"parts for a model of text",
			CLASSIC,
			{ messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }] },
			"5006: AiError: Bad input: Error: Type mismatch of '/messages/0/content', 'string' not in 'array'",
		],
	])("throws the code and the description, and nothing else, for %s", async (_, model, inputs, message) => {
		await expect(local(() => bound.AI.run(model, inputs))).rejects.toThrow(message);
	});

	it("throws the first entry of an error list", async () => {
		await state.setFaults([{ provider: "workers-ai", fault: "error", status: 429 }]);
		await expect(local(() => bound.AI.run(CLASSIC, HELLO))).rejects.toThrow(
			"3040: AiError: Capacity temporarily exceeded, please try again.",
		);
	});

	it("breaks off under a fault like any other vendor", async () => {
		await state.setFaults([{ provider: "cloudflare", fault: "cut_mid_stream" }]);
		const response = (await bound.AI.run(CLASSIC, { ...HELLO, stream: true }, { returnRawResponse: true })) as Response;
		await expect(response.text()).rejects.toThrow();
		expect((await state.billing()).requests).toBe(1);
	});

	it("hears the caller give up before the headers", async () => {
		await state.setFaults([{ provider: "workers-ai", fault: "hang_before_headers" }]);
		const patience = new AbortController();
		const call = local(() => bound.AI.run(CLASSIC, HELLO, { returnRawResponse: true, signal: patience.signal }));
		await vi.waitFor(async () => expect((await state.billing()).unbilled).toBe(1));
		patience.abort();
		await expect(call).rejects.toThrow("Network connection lost.");
	});

	it("bills a stream that its reader leaves for what was produced by then", async () => {
		const long = { messages: [{ role: "user", content: "Write 3000 words." }], max_tokens: 20_000 };
		await bound.AI.run(CLASSIC, long);
		const whole = (await state.billing()).total_nano_usd;
		const response = await bound.AI.run(CLASSIC, { ...long, stream: true }, { returnRawResponse: true });
		const reader = ((response as Response).body as ReadableStream<Uint8Array>).getReader();
		await reader.read();
		await reader.cancel();
		await vi.waitFor(async () => expect((await state.billing()).requests).toBe(2));
		const left = (await state.billing()).total_nano_usd - whole;
		expect(left).toBeGreaterThan(0);
		expect(left).toBeLessThan(whole);
	});
});

describe("the Vectorize stand-in", () => {
	it("has the binding's methods, and shows no change before its time", async () => {
		const { mutationId } = await bound.VECTORIZE.insert([{ id: "a", values: [1, 0, 0], metadata: { kind: "x" } }]);
		expect(mutationId).toMatch(/^[0-9a-f-]{36}$/);
		expect(await bound.VECTORIZE.query([1, 0, 0])).toEqual({ count: 0, matches: [] });
		expect(await bound.VECTORIZE.getByIds(["a"])).toEqual([]);
		expect(await bound.VECTORIZE.describe()).toMatchObject({ vectorCount: 0, dimensions: 3 });
	});

	const T = 1_790_000_000_000;
	const LATER = T + MUTATION_LAG_MS;
	const index = (name: string) => bound.VECTOR_INDEX.getByName(name);

	it("finds the nearest first, by namespace and metadata", async () => {
		const it = index("nearest");
		await it.change(
			"insert",
			[
				{
					id: "east",
					values: [1, 0],
					namespace: "team",
					metadata: { lang: "en", year: 2024, place: { city: "Oslo" } },
				},
				{ id: "north", values: [0, 1], namespace: "team", metadata: { lang: "de", year: 2026 } },
				{ id: "other", values: [1, 0], namespace: "others" },
			],
			T,
		);
		const ids = async (options: unknown) => (await it.query([2, 1], options, LATER)).matches.map((match) => match.id);
		expect(await ids({})).toEqual(["east", "other", "north"]);
		expect(await ids({ namespace: "team", topK: 1 })).toEqual(["east"]);
		expect(await ids({ filter: { lang: "de" } })).toEqual(["north"]);
		expect(await ids({ filter: { year: { $gte: 2024, $lt: 2026 } } })).toEqual(["east"]);
		expect(await ids({ filter: { lang: { $in: ["de", "fr"] } } })).toEqual(["north"]);
		expect(await ids({ filter: { lang: { $ne: "de" }, year: { $gt: 0 } } })).toEqual(["east"]);
		expect(await ids({ filter: { "place.city": "Oslo" } })).toEqual(["east"]);
		const best = (await it.query([1, 0], { returnValues: true, returnMetadata: "all", topK: 1 }, LATER)).matches[0];
		expect(best).toEqual({
			id: "east",
			score: 1,
			namespace: "team",
			values: [1, 0],
			metadata: { lang: "en", year: 2024, place: { city: "Oslo" } },
		});
		expect((await it.queryById("north", { topK: 1 }, LATER)).matches[0]?.id).toBe("north");
	});

	it("keeps what is there on insert, replaces it whole on upsert, forgets on delete", async () => {
		const it = index("changes");
		await it.change("insert", [{ id: "a", values: [1, 0], metadata: { v: 1 } }], T);
		await it.change("insert", [{ id: "a", values: [0, 1], metadata: { v: 2 } }], T);
		expect(await it.getByIds(["a"], LATER)).toEqual([{ id: "a", values: [1, 0], metadata: { v: 1 } }]);
		await it.change("upsert", [{ id: "a", values: [0, 1] }], T);
		expect(await it.getByIds(["a"], LATER)).toEqual([{ id: "a", values: [0, 1] }]);
		const { mutationId } = await it.delete(["a"], T);
		expect(await it.getByIds(["a"], LATER)).toEqual([]);
		expect(await it.describe(LATER)).toEqual({
			vectorCount: 0,
			dimensions: 2,
			processedUpToDatetime: new Date(LATER).toISOString(),
			processedUpToMutation: mutationId,
		});
	});

	it("refuses what the real index refuses", async () => {
		const it = index("limits");
		await it.change("insert", [{ id: "a", values: [1, 0] }], T);
		const change = (vectors: unknown) => local(() => it.change("upsert", vectors, T));
		await expect(change([{ id: "b", values: [1, 0, 0] }])).rejects.toThrow(
			'VECTOR_UPSERT_ERROR (code = 40012): invalid vector for id="b", expected 2 dimensions, and got 3 dimensions',
		);
		await expect(change([{ id: "b", values: Array.from({ length: 1537 }, () => 0) }])).rejects.toThrow("40012");
		await expect(change([{ id: "é".repeat(33), values: [1, 0] }])).rejects.toThrow("id too long");
		await expect(change([{ id: "b", values: [1, 0], metadata: { x: "y".repeat(10_240) } }])).rejects.toThrow(
			"metadata too large",
		);
		await expect(change(Array.from({ length: 1001 }, (_, at) => ({ id: `${at}`, values: [1, 0] })))).rejects.toThrow(
			"max 1000",
		);
		const query = (options: unknown, vector: unknown = [1, 0]) => local(() => it.query(vector, options, LATER));
		await expect(query({}, [1, 0, 0])).rejects.toThrow("expected 2 dimensions, and got 3 dimensions");
		await expect(query({ topK: 101 })).rejects.toThrow("topK too large");
		await expect(query({ topK: 21, returnValues: true })).rejects.toThrow("topK too large");
		await expect(query({ topK: 21, returnMetadata: true })).rejects.toThrow("topK too large");
		expect((await query({ topK: 100, returnMetadata: "indexed" })).count).toBe(1);
		await expect(query({ filter: { x: "y".repeat(2048) } })).rejects.toThrow("filter too large");
	});
});
