// The vendors' own clients at the vendors' own APIs, behind the gateway's keys.
import Anthropic from "@anthropic-ai/sdk";
import { ApiError, GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_KEY, Gateway, judged } from "./gateway";

let gateway: Gateway;
beforeAll(async () => {
	gateway = await Gateway.start();
});
afterAll(() => gateway?.stop());

const ASK = "Write 12 words.";

describe("Google's SDK at /native/gemini", () => {
	const model = "gemini-3.1-flash-lite";
	const client = (apiKey = DEMO_KEY) =>
		new GoogleGenAI({ apiKey, httpOptions: { baseUrl: `${gateway.url}/native/gemini` } });

	it("gets an answer, and a stream", async () => {
		const whole = await client().models.generateContent({ model, contents: ASK, config: { maxOutputTokens: 500 } });
		expect(whole.text?.split(" ").length).toBeGreaterThan(5);
		expect(whole.usageMetadata?.promptTokenCount).toBeGreaterThan(0);
		let text = "";
		let finish: unknown;
		for await (const chunk of await client().models.generateContentStream({ model, contents: ASK })) {
			text += chunk.text ?? "";
			finish = chunk.candidates?.[0]?.finishReason ?? finish;
		}
		expect([text.split(" ").length > 5, finish]).toEqual([true, "STOP"]);
	});

	it("calls tools, counts and embeds", async () => {
		const declaration = {
			name: "get_weather",
			parametersJsonSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
		};
		const called = await client().models.generateContent({
			model,
			contents: "What is the weather in Oslo?",
			config: { tools: [{ functionDeclarations: [declaration] }] },
		});
		expect(called.functionCalls).toMatchObject([{ name: "get_weather", args: { city: expect.any(String) } }]);
		expect((await client().models.countTokens({ model, contents: ASK })).totalTokens).toBeGreaterThan(0);
		const { embeddings } = await client().models.embedContent({
			model: "gemini-embedding-001",
			contents: ["first", "second"],
			config: { outputDimensionality: 768 },
		});
		expect(embeddings?.map(({ values }) => values?.length)).toEqual([768, 768]);
	});

	it("reads the gateway's errors as Google's, and the vendor's as they came", async () => {
		const refused = client("tg_live_mistyped-key-of-mine").models.generateContent({ model, contents: ASK });
		const error = await refused.catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(ApiError);
		expect(error).toMatchObject({ status: 401, message: expect.stringContaining("UNAUTHENTICATED") });
		const config = { temperature: 99 };
		const wrong = await client()
			.models.generateContent({ model, contents: ASK, config })
			.catch((thrown: unknown) => thrown);
		expect(wrong).toMatchObject({ status: 400, message: expect.not.stringContaining("[gateway]") });
	});
});

it("OpenAI's SDK chats, responds and embeds at /native/openai/v1", async () => {
	const client = new OpenAI({
		baseURL: `${gateway.url}/native/openai/v1`,
		apiKey: DEMO_KEY,
		fetch: judged,
		maxRetries: 0,
	});
	const messages = [{ role: "user" as const, content: ASK }];
	const chat = await client.chat.completions.create({ model: "gpt-6-luna", messages });
	expect(chat.choices[0]?.message.content).toBeTruthy();
	const stream = await client.chat.completions.create({ model: "gpt-6-luna", messages, stream: true });
	let finish: unknown;
	for await (const { choices } of stream) finish = choices[0]?.finish_reason ?? finish;
	expect(finish).toBe("stop");
	const response = await client.responses.stream({ model: "gpt-6-luna", input: ASK }).finalResponse();
	expect(response.output_text.length).toBeGreaterThan(0);
	const { data } = await client.embeddings.create({ model: "text-embedding-3-small", input: [ASK] });
	expect(data[0]?.embedding).toHaveLength(1536);
	const batch = { endpoint: "/v1/responses", input_file_id: "file-1", completion_window: "24h" } as const;
	await expect(client.batches.create(batch)).rejects.toMatchObject({ status: 501, code: "unsupported_endpoint" });
});

it("Anthropic's SDK talks, streams and counts at /native/anthropic", async () => {
	const client = new Anthropic({
		baseURL: `${gateway.url}/native/anthropic`,
		apiKey: DEMO_KEY,
		fetch: judged,
		maxRetries: 0,
	});
	const request = { model: "claude-haiku-4-5", max_tokens: 500, messages: [{ role: "user" as const, content: ASK }] };
	const message = await client.messages.create(request);
	expect(message.content[0]?.type).toBe("text");
	const streamed = await client.messages.stream(request).finalMessage();
	expect([streamed.stop_reason, streamed.usage.output_tokens > 0]).toEqual(["end_turn", true]);
	const { max_tokens: _, ...counted } = request;
	expect((await client.messages.countTokens(counted)).input_tokens).toBeGreaterThan(0);
});
