import { type AnthropicProvider, createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI, type OpenAIProvider } from "@ai-sdk/openai";
import { generateText, isStepCount, streamText, tool } from "ai";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { DEMO_KEY, Gateway, judged } from "./gateway";
import { MODEL_PER_TRANSLATION } from "./served-models";

let gateway: Gateway;
let tollgate: OpenAIProvider;
let claude: AnthropicProvider;
beforeAll(async () => {
	gateway = await Gateway.start();
	tollgate = createOpenAI({ baseURL: gateway.v1, apiKey: DEMO_KEY, fetch: judged });
	claude = createAnthropic({ baseURL: gateway.v1, apiKey: DEMO_KEY, fetch: judged });
});
afterEach(() => gateway.fault());
afterAll(() => gateway?.stop());

/** What docs/api.md asks of this SDK: without it, it refers to items that it believes are stored. */
const kept = { providerOptions: { openai: { store: false } }, maxRetries: 0 };

const tools = {
	get_weather: tool({
		description: "The weather in a city",
		inputSchema: z.object({ city: z.string() }),
		execute: async () => "12 degrees",
	}),
};

describe.each(MODEL_PER_TRANSLATION)("ai over Responses, with %s", (id) => {
	it("gets the same text whole and streamed, with its usage", async () => {
		const request = { model: tollgate(id), prompt: "Say 世界 🙂", ...kept };
		const whole = await generateText(request);
		expect(whole.text).toContain("世界 🙂");
		expect(whole.finishReason).toBe("stop");
		const stream = streamText({ ...request, onError: () => {} });
		let text = "";
		for await (const piece of stream.textStream) text += piece;
		expect(text).toBe(whole.text);
		expect((await stream.usage).totalTokens).toBe(whole.usage.totalTokens);
	});

	it("goes through a loop of tools by itself, whole and streamed", async () => {
		const prompt = "What is the weather in Oslo? Use the get_weather tool.";
		const request = { model: tollgate(id), prompt, tools, stopWhen: isStepCount(3), ...kept };
		const whole = await generateText(request);
		expect(whole.steps.length).toBe(2);
		expect(whole.text).toContain("12 degrees");
		const stream = streamText({ ...request, onError: () => {} });
		expect(await stream.text).toContain("12 degrees");
	});

	it("hears of an upstream that breaks off", async () => {
		await gateway.fault({ provider: id.split("/")[0], fault: "cut_mid_stream", after: 8, times: 1 });
		const errors: unknown[] = [];
		const stream = streamText({
			model: tollgate(id),
			prompt: "Write 40 words",
			...kept,
			onError: ({ error }) => {
				errors.push(error);
			},
		});
		await stream.consumeStream();
		expect(errors.length).toBeGreaterThan(0);
	});
});

describe.each(MODEL_PER_TRANSLATION)("ai over Messages, with %s", (id) => {
	it("gets the same text whole and streamed, with its usage", async () => {
		const request = { model: claude(id), prompt: "Say 世界 🙂", maxRetries: 0 };
		const whole = await generateText(request);
		expect(whole.text).toContain("世界 🙂");
		expect(whole.finishReason).toBe("stop");
		const stream = streamText({ ...request, onError: () => {} });
		expect(await stream.text).toBe(whole.text);
		expect((await stream.usage).totalTokens).toBe(whole.usage.totalTokens);
	});

	it("goes through a loop of tools by itself, whole and streamed, and thinks", async () => {
		const prompt = "What is the weather in Oslo? Use the get_weather tool.";
		const providerOptions = { anthropic: { thinking: { type: "enabled", budgetTokens: 2_000 } } } as const;
		const request = { model: claude(id), prompt, tools, stopWhen: isStepCount(3), maxRetries: 0, providerOptions };
		const whole = await generateText(request);
		expect(whole.steps.length).toBe(2);
		expect(whole.text).toContain("12 degrees");
		expect(whole.steps[0]?.reasoningText).toBeTruthy();
		const stream = streamText({ ...request, onError: () => {} });
		expect(await stream.text).toContain("12 degrees");
	});
});
