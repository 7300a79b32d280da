import { ContextOverflowError } from "@langchain/core/errors";
import {
	type AIMessage,
	type AIMessageChunk,
	HumanMessage,
	ToolMessage,
	type UsageMetadata,
} from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, type ChatOpenAIFields } from "@langchain/openai";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { FIRST_NAMES } from "./first-names";
import { DEMO_KEY, Gateway, judged } from "./gateway";
import { PNG_URL } from "./pictures";
import { MODEL_PER_TRANSLATION } from "./served-models";

let gateway: Gateway;
beforeAll(async () => {
	gateway = await Gateway.start();
});
afterEach(() => gateway.fault());
afterAll(() => gateway?.stop());

function chat(model: string, fields: ChatOpenAIFields = {}, fetch = judged): ChatOpenAI {
	return new ChatOpenAI({
		model,
		apiKey: DEMO_KEY,
		maxRetries: 0,
		...fields,
		configuration: { baseURL: gateway.v1, fetch },
	});
}

/** All pieces of a stream as one message. */
async function joined(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> {
	let whole: AIMessageChunk | undefined;
	for await (const piece of stream) whole = whole?.concat(piece) ?? piece;
	if (whole === undefined) throw new Error("an empty stream");
	return whole;
}

/** All its tokens; the SDK's own type of this field has no members. */
function totalTokens({ usage_metadata }: AIMessage | AIMessageChunk): number {
	return (usage_metadata as UsageMetadata | undefined)?.total_tokens ?? 0;
}

const weather = tool(async () => "12 degrees", {
	name: "weather",
	description: "The weather in a city",
	schema: z.object({ city: z.string() }),
});
const time = tool(async () => "noon", {
	name: "time",
	description: "The time in a zone",
	schema: z.object({ zone: z.string() }),
});

/** DeepSeek takes no schema. */
const SCHEMA_MODELS = [
	"openai/gpt-6-luna",
	"anthropic/claude-haiku-5-5",
	"gemini/gemini-3.1-flash-lite",
	"workers-ai/@cf/zai-org/glm-5.3-flash",
];

describe.each(MODEL_PER_TRANSLATION)("langchain, with %s", (model) => {
	const provider = model.split("/")[0];

	it("gets a text, whole and streamed, with its usage", async () => {
		const whole = await chat(model).invoke("Say 世界 🙂");
		expect(whole.text).toContain("世界 🙂");
		expect(totalTokens(whole)).toBeGreaterThan(0);
		const streamed = await joined(await chat(model).stream("Say 世界 🙂"));
		expect(streamed.text).toBe(whole.text);
		expect(totalTokens(streamed)).toBe(totalTokens(whole));
	});

	it("goes through a whole tool loop with two calls at once", async () => {
		const bound = chat(model).bindTools([weather, time]);
		const question = new HumanMessage("Call both tools: weather and time.");
		const asked = await joined(await bound.stream([question]));
		expect(asked.tool_calls?.map(({ name }) => name)).toEqual(["weather", "time"]);
		const results = (asked.tool_calls ?? []).map(
			({ id = "", name }) => new ToolMessage({ tool_call_id: id, content: name === "weather" ? "12 degrees" : "noon" }),
		);
		const answer = await bound.invoke([question, asked, ...results]);
		expect(answer.text).toMatch(/12 degrees[\s\S]*noon/);
	});

	it("hears of a stream that breaks off", async () => {
		for (const fault of ["cut_mid_stream", "clean_eof_mid_stream", "error_frame"]) {
			await gateway.fault({ provider, fault, after: 2, times: 1 });
			await expect(joined(await chat(model).stream("Write 40 words")), fault).rejects.toThrow(`[${provider}]`);
		}
	});
});

describe("langchain", () => {
	it.each(FIRST_NAMES)("is served %s by %s, whole and streamed", async (model, provider) => {
		const providers: (string | null)[] = [];
		const fetch: typeof judged = async (...call) => {
			const response = await judged(...call);
			providers.push(response.headers.get("x-tollgate-provider"));
			return response;
		};
		const asked = chat(model, { maxTokens: 60 }, fetch);
		expect((await asked.invoke("Say 世界 🙂")).text).toContain("世界 🙂");
		expect((await joined(await asked.stream("Say 世界 🙂"))).text).toContain("世界 🙂");
		expect(providers).toEqual([provider, provider]);
	});

	it.each(SCHEMA_MODELS)("gets an object by a schema from %s", async (model) => {
		const schema = z.object({ title: z.string(), pages: z.number() });
		const book = await chat(model).withStructuredOutput(schema, { name: "book" }).invoke("Describe a book");
		expect(schema.parse(book)).toEqual(book);
	});

	it("forces a tool", async () => {
		const bound = chat("gpt-6-luna").bindTools([weather, time], { tool_choice: "time" });
		expect((await bound.invoke("Hello")).tool_calls?.map(({ name }) => name)).toEqual(["time"]);
	});

	it("shows a picture", async () => {
		const answer = await chat("gpt-6-luna").invoke([
			new HumanMessage({
				content: [
					{ type: "text", text: "What is this?" },
					{ type: "image_url", image_url: { url: PNG_URL } },
				],
			}),
		]);
		expect(answer.text).toMatch(/image/);
	});

	it("gets log probabilities and several answers", async () => {
		const answer = await chat("gpt-4.1", { logprobs: true, topLogprobs: 2 }).invoke("Hi");
		const { logprobs } = answer.response_metadata as { logprobs?: { content: { top_logprobs: unknown[] }[] } };
		expect(logprobs?.content[0]?.top_logprobs).toHaveLength(2);
		const { generations } = await chat("gpt-4.1", { n: 2 }).generate([[new HumanMessage("Hi")]]);
		expect(generations[0]).toHaveLength(2);
	});

	it.each([
		["an unknown model", { model: "gtp-6-luna" }, /did you mean `gpt-6-luna`/],
		["a wrong key", { apiKey: "tg_live_nobody" }, /body/],
	])("hears of %s", async (_, fields, message) => {
		await expect(chat("gpt-6-luna", fields).invoke("Hi")).rejects.toThrow(message);
	});

	it("recognises a context that is too long", async () => {
		await gateway.fault({
			provider: "openai",
			fault: "error",
			status: 400,
			body: {
				error: { message: "This model's maximum context length is 10 tokens.", code: "context_length_exceeded" },
			},
		});
		await expect(chat("gpt-4.1").invoke("Hi")).rejects.toSatisfy((error) => ContextOverflowError.isInstance(error));
	});

	it("stops the vendor when it leaves", async () => {
		await gateway.fault({ provider: "openai", fault: "slow", ms: 5 });
		await gateway.call("/_simulator/billing", { method: "DELETE" });
		const leaving = new AbortController();
		const reading = (async () => {
			for await (const _ of await chat("gpt-4.1").stream("Write 2000 words", { signal: leaving.signal }))
				leaving.abort();
		})();
		await reading.catch(() => {});
		await expect.poll(async () => (await gateway.billing()).requests, { timeout: 2000, interval: 20 }).toBe(1);
	});
});
