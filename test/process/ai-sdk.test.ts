import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible, type OpenAICompatibleProvider } from "@ai-sdk/openai-compatible";
import { APICallError, generateSpeech, generateText, isStepCount, Output, streamText, tool, transcribe } from "ai";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { FIRST_NAMES } from "./first-names";
import { DEMO_KEY, Gateway, judged } from "./gateway";
import { PNG } from "./pictures";
import { MODEL_PER_TRANSLATION } from "./served-models";

let gateway: Gateway;
let tollgate: OpenAICompatibleProvider;
beforeAll(async () => {
	gateway = await Gateway.start();
	tollgate = createOpenAICompatible({
		name: "tollgate",
		baseURL: gateway.v1,
		apiKey: DEMO_KEY,
		fetch: judged,
		includeUsage: true,
		supportsStructuredOutputs: true,
	});
});
afterEach(() => gateway.fault());
afterAll(() => gateway?.stop());

/** What the SDK reports on its own console is not wanted here: tests look at what it throws. */
const quiet = { maxRetries: 0, onError: () => {} };

const weather = tool({
	description: "The weather in a city",
	inputSchema: z.object({ city: z.string() }),
	execute: async () => "12 degrees",
});
const time = tool({
	description: "The time in a zone",
	inputSchema: z.object({ zone: z.string() }),
	execute: async () => "noon",
});

/** DeepSeek takes no schema. */
const SCHEMA_MODELS = [
	"openai/gpt-6-luna",
	"anthropic/claude-haiku-5-5",
	"gemini/gemini-3.1-flash-lite",
	"workers-ai/@cf/zai-org/glm-5.3-flash",
];

describe.each(MODEL_PER_TRANSLATION)("ai, with %s", (id) => {
	const provider = id.split("/")[0];

	it("gets a text with its usage", async () => {
		const { text, usage, finishReason } = await generateText({
			model: tollgate(id),
			prompt: "Say 世界 🙂",
			maxRetries: 0,
		});
		expect(text).toContain("世界 🙂");
		expect(finishReason).toBe("stop");
		expect(usage.totalTokens).toBe((usage.inputTokens ?? 0) + (usage.outputTokens ?? 0));
	});

	it("gets the same text as a stream", async () => {
		const whole = await generateText({ model: tollgate(id), prompt: "Say 世界 🙂", maxRetries: 0 });
		const stream = streamText({ model: tollgate(id), prompt: "Say 世界 🙂", ...quiet });
		let text = "";
		for await (const piece of stream.textStream) text += piece;
		expect(text).toBe(whole.text);
		expect(await stream.finishReason).toBe("stop");
		expect((await stream.usage).outputTokens).toBe(whole.usage.outputTokens);
	});

	it("runs tools to the end, whole and streamed", async () => {
		const request = {
			model: tollgate(id),
			prompt: "Call both tools: weather and time.",
			tools: { weather, time },
			stopWhen: isStepCount(3),
		};
		const whole = await generateText({ ...request, maxRetries: 0 });
		expect(whole.steps[0]?.toolCalls.map(({ toolName }) => toolName)).toEqual(["weather", "time"]);
		expect(whole.text).toMatch(/12 degrees[\s\S]*noon/);
		const stream = streamText({ ...request, ...quiet });
		expect(await stream.text).toBe(whole.text);
	});

	it("hears of a stream that breaks off", async () => {
		for (const fault of ["cut_mid_stream", "clean_eof_mid_stream", "error_frame"]) {
			await gateway.fault({ provider, fault, after: 2, times: 1 });
			const errors: unknown[] = [];
			const stream = streamText({
				model: tollgate(id),
				prompt: "Write 40 words",
				maxRetries: 0,
				onError: ({ error }) => {
					errors.push(error);
				},
			});
			let text = "";
			for await (const part of stream.stream) {
				if (part.type === "text-delta" || part.type === "reasoning-delta") text += part.text;
			}
			expect(text, fault).not.toBe("");
			expect(JSON.stringify(errors[0]) + String(errors[0]), fault).toContain(`[${provider}]`);
			expect(await stream.finishReason, fault).toBe("error");
		}
	});
});

describe("ai", () => {
	it.each(FIRST_NAMES)("is served %s by %s, whole and streamed", async (id, provider) => {
		const request = { model: tollgate(id), prompt: "Say 世界 🙂", maxOutputTokens: 60 };
		const { text, response } = await generateText({ ...request, maxRetries: 0 });
		expect(text).toContain("世界 🙂");
		expect(response.headers?.["x-tollgate-provider"]).toBe(provider);
		expect(await streamText({ ...request, ...quiet }).text).toContain("世界 🙂");
	});

	it.each(SCHEMA_MODELS)("gets an object by a schema from %s", async (id) => {
		const schema = z.object({ title: z.string(), pages: z.number() });
		const { output } = await generateText({
			model: tollgate(id),
			prompt: "Describe a book",
			output: Output.object({ schema }),
			maxRetries: 0,
		});
		expect(schema.parse(output)).toEqual(output);
	});

	it("shows a picture", async () => {
		const { text } = await generateText({
			model: tollgate("gpt-6-luna"),
			messages: [
				{
					role: "user",
					content: [
						{ type: "text", text: "What is this?" },
						{ type: "file", data: PNG, mediaType: "image/png" },
					],
				},
			],
			maxRetries: 0,
		});
		expect(text).toMatch(/image/);
	});

	it.each(["deepseek/deepseek-flash", "anthropic/claude-sonnet-5-5"])("sees the reasoning of %s", async (id) => {
		const request = {
			model: tollgate(id),
			prompt: "Think about 2 + 2",
			providerOptions: { tollgate: { reasoningEffort: "high" } },
		};
		const whole = await generateText({ ...request, maxRetries: 0 });
		expect(whole.reasoningText).toBeTruthy();
		expect(whole.text).not.toContain(whole.reasoningText);
		const stream = streamText({ ...request, ...quiet });
		expect(await stream.reasoningText).toBe(whole.reasoningText);
	});

	it.each([
		["an unknown model", "gtp-6-luna", {}, 404, /did you mean `gpt-6-luna`/],
		["a wrong key", "gpt-6-luna", { authorization: "Bearer tg_live_nobody" }, 401, /body/],
	])("hears of %s", async (_, id, headers, statusCode, message) => {
		const asking = generateText({ model: tollgate(id), prompt: "Hi", maxRetries: 0, headers });
		await expect(asking).rejects.toThrow(APICallError);
		await expect(asking).rejects.toMatchObject({ statusCode, message: expect.stringMatching(message) });
	});

	it("stops the vendor when it leaves", async () => {
		await gateway.fault({ provider: "openai", fault: "slow", ms: 5 });
		await gateway.call("/_simulator/billing", { method: "DELETE" });
		const leaving = new AbortController();
		const stream = streamText({
			model: tollgate("gpt-4.1"),
			prompt: "Write 2000 words",
			abortSignal: leaving.signal,
			...quiet,
		});
		for await (const _ of stream.textStream) leaving.abort();
		await expect.poll(async () => (await gateway.billing()).requests, { timeout: 2000, interval: 20 }).toBe(1);
	});
});

it("ai says a text and hears it again", async () => {
	const { speech, transcription } = createOpenAI({ baseURL: gateway.v1, apiKey: DEMO_KEY, fetch: judged });
	const said = { text: "Good morning to all of you.", outputFormat: "wav", maxRetries: 0 } as const;
	for (const [model, voice] of [
		["openai/tts-1", "alloy"],
		["gemini/gemini-3.8-flash-lite-tts", "Kore"],
	] as const) {
		const { audio } = await generateSpeech({ ...said, model: speech(model), voice });
		expect(audio.mediaType).toBe("audio/wav");
		const heard = await transcribe({
			model: transcription("openai/whisper-1"),
			audio: audio.uint8Array,
			maxRetries: 0,
		});
		expect(heard.text).toContain("recording");
	}
});
