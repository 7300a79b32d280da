import { OpenRouter } from "@openrouter/sdk";
import { HTTPClient } from "@openrouter/sdk/lib/http.js";
import OpenAI, {
	APIConnectionError,
	APIError,
	APIUserAbortError,
	AuthenticationError,
	BadRequestError,
	InternalServerError,
	NotFoundError,
} from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import type { ChatCompletionChunk, ChatCompletionFunctionTool, ChatCompletionMessageParam } from "openai/resources";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { FIRST_NAMES } from "./first-names";
import { DEMO_KEY, Gateway, judged } from "./gateway";
import { PNG_URL } from "./pictures";
import { MODEL_PER_WIRE } from "./served-models";

let gateway: Gateway;
let client: OpenAI;
beforeAll(async () => {
	gateway = await Gateway.start();
	await gateway.watch(...BUILT_IN_PROVIDERS);
	client = new OpenAI({ baseURL: gateway.v1, apiKey: DEMO_KEY, fetch: judged, maxRetries: 0 });
});
afterEach(() => gateway.fault());
afterAll(() => gateway?.stop());

const user = (content: string): ChatCompletionMessageParam[] => [{ role: "user", content }];

const tool = (name: string, ...fields: string[]): ChatCompletionFunctionTool => ({
	type: "function",
	function: {
		name,
		description: `Calls ${name}`,
		parameters: {
			type: "object",
			properties: Object.fromEntries(fields.map((field) => [field, { type: "string" }])),
			required: fields,
			additionalProperties: false,
		},
	},
});
const tools = [tool("get_weather", "city"), tool("get_time", "zone")];

/** What a model says or thinks in one chunk. */
function words(chunk: ChatCompletionChunk): string {
	const delta = chunk.choices[0]?.delta as { content?: string; reasoning_content?: string } | undefined;
	return (delta?.reasoning_content ?? "") + (delta?.content ?? "");
}

async function collect(stream: AsyncIterable<ChatCompletionChunk>): Promise<ChatCompletionChunk[]> {
	const chunks = [];
	for await (const chunk of stream) chunks.push(chunk);
	return chunks;
}

describe.each(MODEL_PER_WIRE)("openai, with %s", (model) => {
	it("gets a whole answer", async () => {
		const answer = await client.chat.completions.create({ model, messages: user("Tell me: Grüße, 世界 🙂") });
		expect(answer.choices[0]?.message.content).toContain("Grüße, 世界 🙂");
		expect(answer.usage?.total_tokens).toBeGreaterThan(0);
		expect(answer._request_id).toMatch(/^req_/);
	});

	it("gets the same answer as a stream, with usage when it asks and without when it does not", async () => {
		const messages = user("Tell me: Grüße, 世界 🙂");
		const whole = await client.chat.completions.create({ model, messages });
		for (const include_usage of [true, false]) {
			const chunks = await collect(
				await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage } }),
			);
			const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
			expect(text).toBe(whole.choices[0]?.message.content);
			const usage = chunks.flatMap((chunk) => chunk.usage ?? []);
			expect(usage).toEqual(include_usage ? [whole.usage] : []);
		}
	});

	it("gets a legacy completion of a prompt, whole and streamed", async () => {
		const request = { model, prompt: "Tell me: Grüße, 世界 🙂", max_tokens: 500 };
		const whole = await client.completions.create(request);
		expect(whole.choices[0]?.text).toContain("Grüße, 世界 🙂");
		expect(whole).toMatchObject({ object: "text_completion", id: expect.stringMatching(/^cmpl-/) });
		const usage = [];
		let text = "";
		const stream = { stream: true, stream_options: { include_usage: true } } as const;
		for await (const chunk of await client.completions.create({ ...request, ...stream })) {
			text += chunk.choices[0]?.text ?? "";
			if (chunk.usage) usage.push(chunk.usage);
		}
		expect(text).toBe(whole.choices[0]?.text);
		expect(usage).toEqual([whole.usage]);
	});

	it("goes through a whole tool loop, its arguments streamed", async () => {
		const messages = user("What is the weather in Oslo? Use the get_weather tool.");
		const stream = client.chat.completions.stream({ model, messages, tools });
		let pieces = "";
		stream.on("tool_calls.function.arguments.delta", ({ arguments_delta }) => {
			pieces += arguments_delta;
		});
		const first = await stream.finalChatCompletion();
		const [choice] = first.choices;
		expect(choice?.finish_reason).toBe("tool_calls");
		const calls = choice?.message.tool_calls ?? [];
		expect(calls.map((call) => call.type === "function" && call.function.name)).toEqual(["get_weather"]);
		expect(Object.keys(JSON.parse(pieces))).toEqual(["city"]);
		if (choice === undefined) throw new Error("no choice");
		// As the documentation asks: the assistant's message goes back as it came.
		messages.push(choice.message);
		for (const call of calls) messages.push({ role: "tool", tool_call_id: call.id, content: "12 degrees" });
		const second = await client.chat.completions.create({ model, messages, tools });
		expect(second.choices[0]?.message.content).toContain("12 degrees");
		expect(second.choices[0]?.finish_reason).toBe("stop");
	});

	it("gets two tool calls at once, whole and streamed", async () => {
		const request = { model, messages: user("Call both tools: get_weather and get_time."), tools };
		const whole = await client.chat.completions.create(request);
		const streamed = await client.chat.completions.stream(request).finalChatCompletion();
		for (const answer of [whole, streamed]) {
			const calls = answer.choices[0]?.message.tool_calls ?? [];
			expect(calls.map((call) => call.type === "function" && call.function.name)).toEqual(["get_weather", "get_time"]);
		}
	});

	it("gets JSON, by a schema where the model takes one", async () => {
		const { supported_parameters } = (await client.models.retrieve(model)) as { supported_parameters?: string[] };
		if (!supported_parameters?.includes("structured_outputs")) {
			const request = {
				model,
				messages: user("Describe a book in JSON"),
				response_format: { type: "json_object" },
			} as const;
			const answer = await client.chat.completions.create(request);
			expect(JSON.parse(answer.choices[0]?.message.content ?? "")).toBeTypeOf("object");
			return;
		}
		const schema = z.object({ title: z.string(), count: z.number(), tags: z.array(z.string()) });
		const answer = await client.chat.completions.parse({
			model,
			messages: user("Describe a book"),
			response_format: zodResponseFormat(schema, "book"),
		});
		expect(schema.parse(answer.choices[0]?.message.parsed)).toBeTruthy();
	});

	it("hears of an upstream that breaks off, whatever way it does", async () => {
		const provider = model.split("/")[0];
		for (const fault of ["cut_mid_stream", "clean_eof_mid_stream", "error_frame"]) {
			await gateway.fault({ provider, fault, after: 2, times: 1 });
			const stream = await client.chat.completions.create({ model, messages: user("Write 40 words"), stream: true });
			let text = "";
			const reading = (async () => {
				for await (const chunk of stream) text += words(chunk);
			})();
			await expect(reading, fault).rejects.toThrow(APIError);
			expect(text, fault).not.toBe("");
		}
	});

	it("hears of a whole answer that breaks off", async () => {
		const provider = model.split("/")[0];
		for (const fault of ["cut_mid_stream", "clean_eof_mid_stream", "reset", "garbage", "empty", "html"]) {
			await gateway.fault({ provider, fault });
			const asking = client.chat.completions.create({ model, messages: user("Hi") });
			await expect(asking, fault).rejects.toThrow(InternalServerError);
			await expect(asking, fault).rejects.toMatchObject({
				status: 502,
				message: expect.stringContaining(`[${provider}]`),
			});
		}
	});

	it("gets an honest status for what fails before the first content of a stream", async () => {
		const provider = model.split("/")[0];
		const expected = { garbage: 502, empty: 502, html: 502, reset: 502 };
		for (const [fault, status] of Object.entries(expected)) {
			await gateway.fault({ provider, fault });
			const asking = client.chat.completions.create({ model, messages: user("Hi"), stream: true });
			await expect(asking, fault).rejects.toMatchObject({ status });
		}
		await gateway.fault({ provider, fault: "error_frame", after: 0 });
		const asking = client.chat.completions.create({ model, messages: user("Hi"), stream: true });
		await expect(asking, "error_frame").rejects.toThrow(InternalServerError);
	});
});

describe("openai, with a name that a new user tries", () => {
	it.each(FIRST_NAMES)("is served %s by %s, whole and streamed", async (model, provider) => {
		const asking = client.chat.completions.create({ model, messages: user("Say 世界 🙂"), max_tokens: 60 });
		const { data: whole, response } = await asking.withResponse();
		expect(response.headers.get("x-tollgate-provider")).toBe(provider);
		expect(whole.choices[0]?.message.content).toContain("世界 🙂");
		expect((whole.usage as { cost?: number } | undefined)?.cost).toBeGreaterThan(0);
		const chunks = await collect(
			await client.chat.completions.create({ model, messages: user("Say 世界 🙂"), max_tokens: 60, stream: true }),
		);
		expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toContain("世界 🙂");
	});
});

describe("openai, forcing tools", () => {
	it.each(["openai/gpt-6-luna", "openai/gpt-4.1", "gemini/gemini-3.1-flash-lite", "anthropic/claude-haiku-4-5"])(
		"gets a call of the tool that it names from %s",
		async (model) => {
			const answer = await client.chat.completions.create({
				model,
				messages: user("Hello"),
				tools,
				tool_choice: { type: "function", function: { name: "get_time" } },
			});
			const [call] = answer.choices[0]?.message.tool_calls ?? [];
			expect(call).toMatchObject({ type: "function", function: { name: "get_time" } });
		},
	);

	it("runs tools by the SDK's own runner", async () => {
		const runner = client.chat.completions.runTools({
			model: "gpt-6-luna",
			messages: user("What is the weather in Oslo? Use the get_weather tool."),
			tools: [
				{
					type: "function",
					function: {
						name: "get_weather",
						description: "Weather",
						parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
						parse: JSON.parse,
						function: () => "snow",
					},
				},
			],
		});
		expect(await runner.finalContent()).toContain("snow");
	});
});

describe("openai, with single features", () => {
	it.each(["gpt-6-luna", "anthropic/claude-haiku-5-5", "gemini/gemini-3.1-flash-lite"])(
		"shows a picture to %s",
		async (model) => {
			const answer = await client.chat.completions.create({
				model,
				messages: [
					{
						role: "user",
						content: [
							{ type: "text", text: "What is this?" },
							{ type: "image_url", image_url: { url: PNG_URL } },
						],
					},
				],
			});
			expect(answer.choices[0]?.message.content).toMatch(/image/);
		},
	);

	it.each([
		"deepseek/deepseek-flash",
		"anthropic/claude-sonnet-5-5",
		"gemini/gemini-2.5-pro",
		"siliconflow/Qwen/Qwen3-32B",
	])("sees the reasoning of %s, apart from the answer", async (model) => {
		const request = { model, messages: user("Think about 2 + 2"), reasoning_effort: "high" } as const;
		const answer = await client.chat.completions.create(request);
		const message = answer.choices[0]?.message as { reasoning_content?: string; content: string | null } | undefined;
		expect(message?.reasoning_content).toBeTruthy();
		expect(message?.content).not.toContain(message?.reasoning_content);
		// Anthropic counts thinking as output and need not say how much it was.
		const least = model.startsWith("anthropic/") ? 0 : 1;
		expect(answer.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThanOrEqual(least);
		const chunks = await collect(await client.chat.completions.create({ ...request, stream: true }));
		const deltas = chunks.map((chunk) => chunk.choices[0]?.delta as { reasoning_content?: string } | undefined);
		expect(deltas.map((delta) => delta?.reasoning_content ?? "").join("")).toBe(message?.reasoning_content);
	});

	it("gets several answers", async () => {
		const request = { model: "gpt-4.1", messages: user("Hi"), n: 3 } as const;
		const answer = await client.chat.completions.create(request);
		expect(answer.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
		const chunks = await collect(await client.chat.completions.create({ ...request, stream: true }));
		for (const { index, message } of answer.choices) {
			const text = chunks.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
			expect(text.map((choice) => choice.delta.content ?? "").join("")).toBe(message.content);
		}
	});

	it("is stopped by its own words and by a limit", async () => {
		const stopped = await client.chat.completions.create({
			model: "gpt-4.1",
			messages: user("one two three"),
			stop: [" two"],
		});
		expect(stopped.choices[0]?.message.content).toMatch(/one$/);
		expect(stopped.choices[0]?.finish_reason).toBe("stop");
		for (const limit of [{ max_tokens: 3 }, { max_completion_tokens: 3 }]) {
			const cut = await client.chat.completions.create({
				model: "gpt-4.1",
				messages: user("Write 50 words"),
				...limit,
			});
			expect(cut.choices[0]?.finish_reason).toBe("length");
			expect(cut.usage?.completion_tokens).toBe(3);
		}
	});

	it("gets log probabilities", async () => {
		const answer = await client.chat.completions.create({
			model: "gpt-4.1",
			messages: user("Hi"),
			logprobs: true,
			top_logprobs: 2,
		});
		const content = answer.choices[0]?.logprobs?.content ?? [];
		expect(content.map(({ token }) => token).join("")).toBe(answer.choices[0]?.message.content);
		expect(content[0]?.top_logprobs).toHaveLength(2);
	});

	it("gets several legacy completions with log probabilities, at most as long as it wants", async () => {
		const request = { model: "gpt-4.1", prompt: "Write 50 words", n: 2, logprobs: 2 };
		const answer = await client.completions.create(request);
		expect(answer.choices.map(({ index, finish_reason }) => [index, finish_reason])).toEqual([
			[0, "length"],
			[1, "length"],
		]);
		expect(answer.usage?.completion_tokens).toBe(2 * 16);
		const chunks = [];
		for await (const chunk of await client.completions.create({ ...request, stream: true })) chunks.push(chunk);
		for (const { index, text, logprobs } of answer.choices) {
			expect(logprobs?.tokens?.join("")).toBe(text);
			expect(Object.keys(logprobs?.top_logprobs?.[0] ?? {})).toHaveLength(2);
			const own = chunks.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
			expect(own.map((choice) => choice.text).join("")).toBe(text);
			expect(own.flatMap((choice) => choice.logprobs?.text_offset ?? [])).toEqual(logprobs?.text_offset);
		}
		await expect(client.completions.create({ ...request, suffix: "end" })).rejects.toMatchObject({
			status: 400,
			code: "unsupported_parameter",
			param: "suffix",
		});
	});

	it("lists the models and looks one up", async () => {
		const ids = [];
		for await (const model of client.models.list()) ids.push(model.id);
		expect(ids).toContain("openai/gpt-6-luna");
		expect((await client.models.retrieve("gpt-6-luna")).id).toBe("openai/gpt-6-luna");
	});
});

describe("@openrouter/sdk, which judges every answer by its own schemas", () => {
	const sdk = () =>
		new OpenRouter({
			apiKey: DEMO_KEY,
			serverURL: `${gateway.url}/api/v1`,
			httpClient: new HTTPClient({ fetcher: judged }),
		});

	it("chats, whole and streamed, and reads what it cost", async () => {
		const asked = { model: "openai/gpt-6-luna", messages: [{ role: "user" as const, content: "Say 世界" }] };
		const answer = await sdk().chat.send({ chatRequest: { ...asked, stream: false } });
		// The SDK's type for both is the same.
		if (!("choices" in answer)) throw new Error("streamed");
		expect(answer.choices[0]?.message.content).toContain("世界");
		const stream = await sdk().chat.send({ chatRequest: { ...asked, stream: true } });
		if ("choices" in stream) throw new Error("not streamed");
		let text = "";
		for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
		expect(text).toBe(answer.choices[0]?.message.content);
		const { data } = await sdk().generations.getGeneration({ id: answer.id });
		expect([data.totalCost, data.providerName]).toEqual([answer.usage?.cost, "openai"]);
	});

	it("reads the models, its key and its credits", async () => {
		const { result } = await sdk().models.list();
		expect(result.totalCount).toBe(result.data.length);
		expect(result.data.map(({ id }) => id)).toContain("openai/gpt-6-luna");
		expect((await sdk().models.get({ author: "openai", slug: "gpt-6-luna" })).data.contextLength).toBeGreaterThan(0);
		expect((await sdk().apiKeys.getCurrentKeyMetadata()).data.label).toContain("…");
		expect((await sdk().credits.getCredits()).data.totalCredits).toBeGreaterThan(0);
	});
});

describe("openai, when something is wrong", () => {
	it("hears the nearest name of a model that it misspelt", async () => {
		const asking = client.chat.completions.create({ model: "gtp-6-luna", messages: user("Hi") });
		await expect(asking).rejects.toThrow(NotFoundError);
		await expect(asking).rejects.toMatchObject({
			code: "model_not_found",
			param: "model",
			message: expect.stringContaining("did you mean `gpt-6-luna`"),
			requestID: expect.stringMatching(/^req_/),
		});
	});

	it("hears that its key is wrong, without retrying", async () => {
		const send = vi.fn(judged);
		const stranger = new OpenAI({ baseURL: gateway.v1, apiKey: "tg_live_nobody", fetch: send });
		const asking = stranger.chat.completions.create({ model: "gpt-4.1", messages: user("Hi") });
		await expect(asking).rejects.toThrow(AuthenticationError);
		await expect(asking).rejects.toMatchObject({ code: "invalid_api_key", message: expect.stringContaining("body") });
		expect(send).toHaveBeenCalledTimes(1);
	});

	it.each([
		["messages", { messages: [] }],
		["messages[0].content", { messages: [{ role: "user", content: 5 }] }],
		["messages[0].role", { messages: [{ role: "robot", content: "x" }] }],
		["temperature", { temperature: "hot" }],
		["temperature", { temperature: 3 }],
		["n", { n: 0 }],
		["max_tokens", { max_tokens: -1 }],
		["tools[0].function.name", { tools: [{ type: "function", function: {} }] }],
		["stream_options", { stream_options: { include_usage: true } }],
	])("hears that %s is wrong", async (param, change) => {
		const body = { model: "gpt-4.1", messages: user("Hi"), ...change } as OpenAI.ChatCompletionCreateParamsNonStreaming;
		const asking = client.chat.completions.create(body);
		await expect(asking).rejects.toThrow(BadRequestError);
		await expect(asking).rejects.toMatchObject({ param, type: "invalid_request_error" });
	});

	it("hears that the context is too long, in words that clients know", async () => {
		await gateway.fault({
			provider: "openai",
			fault: "error",
			status: 400,
			body: {
				error: { message: "This model's maximum context length is 10 tokens.", code: "context_length_exceeded" },
			},
		});
		const asking = client.chat.completions.create({ model: "gpt-4.1", messages: user("Hi") });
		await expect(asking).rejects.toMatchObject({
			status: 400,
			code: "context_length_exceeded",
			message: expect.stringContaining("maximum context length"),
		});
	});

	it.each([
		["503", { fault: "error", status: 503 }],
		["500", { fault: "error", status: 500 }],
		["a lost connection", { fault: "reset" }],
	])("is served without retries of its own where the vendor has one hiccup: %s", async (_, hiccup) => {
		const request = { model: "gpt-4.1", messages: user("Hi") } as const;
		const repeated = /^openai:\w+,openai:200$/;
		await gateway.fault({ provider: "openai", times: 1, ...hiccup });
		const whole = await client.chat.completions.create(request).withResponse();
		expect(whole.response.headers.get("x-tollgate-attempts")).toMatch(repeated);
		await gateway.fault({ provider: "openai", times: 1, ...hiccup });
		const streamed = await client.chat.completions.create({ ...request, stream: true }).withResponse();
		expect(streamed.response.headers.get("x-tollgate-attempts")).toMatch(repeated);
		let written = 0;
		for await (const { choices } of streamed.data) written += choices.length;
		expect(written).toBeGreaterThan(1);
	});

	it("does not retry what will stay so: a refused credential, an empty account", async () => {
		for (const status of [401, 402]) {
			await gateway.fault({ provider: "openai", fault: "error", status });
			const send = vi.fn(judged);
			const patient = new OpenAI({ baseURL: gateway.v1, apiKey: DEMO_KEY, fetch: send });
			const asking = patient.chat.completions.create({ model: "gpt-4.1", messages: user("Hi") });
			// The vendor's refusal of the gateway's credential is not the caller's 401.
			await expect(asking).rejects.toThrow(InternalServerError);
			expect(send).toHaveBeenCalledTimes(1);
		}
	});
});

describe("openai, leaving early", () => {
	it("stops the vendor at once, which bills what it had produced", async () => {
		const request = { model: "gpt-4.1", messages: user("Write 2000 words") } as const;
		const whole = await client.chat.completions.create(request);
		const price = ((whole.usage as { cost?: number } | undefined)?.cost ?? 0) * 1e9;
		await gateway.fault({ provider: "openai", fault: "slow", ms: 5 });
		await gateway.call("/_simulator/billing", { method: "DELETE" });
		const stream = await client.chat.completions.create({ ...request, stream: true });
		for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
		const books = await vi.waitUntil(
			async () => {
				const billing = await gateway.billing();
				return billing.requests === 1 ? billing : undefined;
			},
			{ timeout: 2000, interval: 20 },
		);
		expect(books.total_nano_usd).toBeGreaterThan(0);
		expect(books.total_nano_usd).toBeLessThan(price / 2);
	});

	it("may leave before the first byte", async () => {
		await gateway.fault({ provider: "openai", fault: "hang_before_headers", times: 1 });
		const leaving = new AbortController();
		const asking = client.chat.completions.create(
			{ model: "gpt-4.1", messages: user("Hi") },
			{ signal: leaving.signal },
		);
		await vi.waitUntil(async () => (await (await gateway.call("/_simulator/faults")).json()).length === 0, {
			timeout: 5000,
		});
		leaving.abort();
		await expect(asking).rejects.toThrow(APIUserAbortError);
		const next = await client.chat.completions.create({ model: "gpt-4.1", messages: user("Hi") });
		expect(next.choices).toHaveLength(1);
	});

	it("gives up after its own timeout", async () => {
		await gateway.fault({ provider: "openai", fault: "hang_before_headers", times: 1 });
		const asking = client.chat.completions.create({ model: "gpt-4.1", messages: user("Hi") }, { timeout: 300 });
		await expect(asking).rejects.toThrow(APIConnectionError);
	});
});

describe("openai's files", () => {
	it("are uploaded, listed, read, named in a chat and deleted", async () => {
		const file = await client.files.create({
			purpose: "user_data",
			file: new File(["All that it says"], "notes.txt", { type: "text/plain" }),
			expires_after: { anchor: "created_at", seconds: 3_600 },
		});
		expect(file).toMatchObject({ object: "file", filename: "notes.txt", bytes: 16, purpose: "user_data" });
		expect(await client.files.retrieve(file.id)).toEqual(file);
		const listed = [];
		for await (const each of client.files.list({ purpose: "user_data" })) listed.push(each.id);
		expect(listed).toEqual([file.id]);
		expect(await (await client.files.content(file.id)).text()).toBe("All that it says");
		const answer = await client.chat.completions.create({
			model: "openai/gpt-5.4-mini",
			max_completion_tokens: 50,
			messages: [{ role: "user", content: [{ type: "file", file: { file_id: file.id } }] }],
		});
		expect(answer.choices[0]?.message.content).toBeTruthy();
		expect(await client.files.delete(file.id)).toMatchObject({ id: file.id, deleted: true });
		await expect(client.files.retrieve(file.id)).rejects.toThrow(NotFoundError);
	});

	it("hold the requests of a batch, which is polled, and whose output is a file", async () => {
		await gateway.call("/_simulator/batches", { method: "PUT", body: { ms: 0 } });
		const lines = ["one", "two"].map((word) => ({
			custom_id: word,
			method: "POST",
			url: "/v1/chat/completions",
			body: { model: "gpt-5.4-mini", max_completion_tokens: 50, messages: user(`Tell me: ${word}`) },
		}));
		const text = lines.map((line) => JSON.stringify(line)).join("\n");
		const file = await client.files.create({ purpose: "batch", file: new File([text], "lines.jsonl") });
		const begun = await client.batches.create({
			input_file_id: file.id,
			endpoint: "/v1/chat/completions",
			completion_window: "24h",
			metadata: { of: "mine" },
		});
		expect(begun).toMatchObject({ object: "batch", metadata: { of: "mine" } });
		const ended = async () => (await client.batches.retrieve(begun.id)).status;
		await expect.poll(ended, { timeout: 20_000, interval: 200 }).toBe("completed");
		const batch = await client.batches.retrieve(begun.id);
		const output = await (await client.files.content(batch.output_file_id ?? "")).text();
		const answers = output
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(answers.map(({ custom_id, response }) => [custom_id, response.status_code])).toEqual([
			["one", 200],
			["two", 200],
		]);
		expect((await client.batches.list()).data.map(({ id }) => id)).toEqual([begun.id]);
		await expect(client.batches.cancel(begun.id)).rejects.toMatchObject({ status: 409, code: "batch_ended" });
	});
});

describe("openai's audio", () => {
	it("is said, as bytes and as events, and heard again, whole, with times and streamed", async () => {
		const voiced = { model: "openai/gpt-4o-mini-tts", voice: "marin", input: "Good morning to all of you." } as const;
		const wav = await client.audio.speech.create({ ...voiced, response_format: "wav" });
		expect(wav.headers.get("content-type")).toBe("audio/wav");
		const sound = await wav.arrayBuffer();
		const events = await client.audio.speech.create({ ...voiced, stream_format: "sse" });
		expect(await events.text()).toContain('"type":"speech.audio.done"');

		const recording = () => new File([sound], "speech.wav", { type: "audio/wav" });
		const heard = await client.audio.transcriptions.create({ file: recording(), model: "openai/gpt-4o-transcribe" });
		expect(heard.text).toContain("1.6 seconds");
		const asked = { file: recording(), model: "openai/whisper-1", response_format: "verbose_json" } as const;
		const timed = await client.audio.transcriptions.create({ ...asked, timestamp_granularities: ["word", "segment"] });
		expect([timed.segments?.length, timed.words?.at(-1)?.word]).toEqual([2, "more"]);
		const subtitles = await client.audio.translations.create({ ...asked, response_format: "srt" });
		expect(subtitles).toContain("00:00:00,000 --> ");
		let text = "";
		const stream = await client.audio.transcriptions.create({
			file: recording(),
			model: "openai/gpt-4o-transcribe",
			stream: true,
		});
		for await (const event of stream) if (event.type === "transcript.text.delta") text += event.delta;
		expect(text).toBe(heard.text);
	});
});
