import { Agent, tool as agentTool, OpenAIProvider, Runner } from "@openai/agents";
import OpenAI, { APIError, BadRequestError } from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import type { FunctionTool, ResponseInput, ResponseStreamEvent } from "openai/resources/responses/responses";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { DEMO_KEY, Gateway, judged } from "./gateway";
import { PNG_URL } from "./pictures";
import { MODEL_PER_TRANSLATION, MODEL_PER_WIRE } from "./served-models";

let gateway: Gateway;
let client: OpenAI;
beforeAll(async () => {
	gateway = await Gateway.start();
	await gateway.watch(...BUILT_IN_PROVIDERS);
	client = new OpenAI({ baseURL: gateway.v1, apiKey: DEMO_KEY, fetch: judged, maxRetries: 0 });
});
afterEach(() => gateway.fault());
afterAll(() => gateway?.stop());

const tool = (name: string, field: string): FunctionTool => ({
	type: "function",
	name,
	description: `Calls ${name}`,
	parameters: {
		type: "object",
		properties: { [field]: { type: "string" } },
		required: [field],
		additionalProperties: false,
	},
	strict: true,
});
const tools = [tool("get_weather", "city"), tool("get_time", "zone")];

async function collect(stream: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> {
	const events = [];
	for await (const event of stream) events.push(event);
	return events;
}

describe.each(MODEL_PER_WIRE)("openai's Responses, with %s", (model) => {
	it("gets the same answer whole, as events and through the stream helper", async () => {
		const request = { model, input: "Tell me: Grüße, 世界 🙂", instructions: "Be brief." };
		const whole = await client.responses.create(request);
		expect(whole.output_text).toContain("Grüße, 世界 🙂");
		expect(whole._request_id).toMatch(/^req_/);
		expect(whole.usage?.total_tokens).toBeGreaterThan(0);
		const events = await collect(await client.responses.create({ ...request, stream: true }));
		const text = events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("");
		expect(text).toBe(whole.output_text);
		const final = await client.responses.stream(request).finalResponse();
		expect(final.output_text).toBe(whole.output_text);
		expect(final.usage).toEqual(whole.usage);
	});

	it("goes through a whole loop of tools, its output returned as the documentation asks", async () => {
		const input: ResponseInput = [{ role: "user", content: "What is the weather in Oslo? Use the get_weather tool." }];
		const request = { model, tools, reasoning: { effort: "low", summary: "auto" }, store: false } as const;
		const stream = client.responses.stream({ ...request, input });
		let pieces = "";
		stream.on("response.function_call_arguments.delta", ({ delta }) => {
			pieces += delta;
		});
		const first = await stream.finalResponse();
		const calls = first.output.filter((item) => item.type === "function_call");
		expect(calls.map(({ name }) => name)).toEqual(["get_weather"]);
		expect(Object.keys(JSON.parse(pieces))).toEqual(["city"]);
		// Its types allow more in an answer than in a request.
		input.push(...(first.output as ResponseInput));
		for (const { call_id } of calls) input.push({ type: "function_call_output", call_id, output: "12 degrees" });
		const second = await client.responses.create({ ...request, input });
		expect(second.output_text).toContain("12 degrees");
	});

	it("gets two calls at once, whole and streamed", async () => {
		const request = { model, tools, input: "Call both tools: get_weather and get_time." };
		const whole = await client.responses.create(request);
		const streamed = await client.responses.stream(request).finalResponse();
		for (const { output } of [whole, streamed]) {
			const names = output.flatMap((item) => (item.type === "function_call" ? [item.name] : []));
			expect(names).toEqual(["get_weather", "get_time"]);
		}
	});

	it("hears of an upstream that breaks off", async () => {
		const provider = model.split("/")[0];
		for (const fault of ["cut_mid_stream", "clean_eof_mid_stream", "error_frame"]) {
			await gateway.fault({ provider, fault, after: 8, times: 1 });
			const stream = await client.responses.create({ model, input: "Write 40 words", stream: true });
			const error = await collect(stream).catch((thrown: unknown) => thrown);
			expect(error).toBeInstanceOf(APIError);
			expect((error as APIError).code).toMatch(/^upstream_/);
		}
	});
});

describe("openai's Responses", () => {
	it("parse what was asked for by a schema", async () => {
		const schema = z.object({ title: z.string(), count: z.number(), tags: z.array(z.string()) });
		for (const model of ["openai/gpt-6-luna", "anthropic/claude-haiku-5-5", "gemini/gemini-3.1-flash-lite"]) {
			const answer = await client.responses.parse({
				model,
				input: "Describe a book",
				text: { format: zodTextFormat(schema, "book") },
			});
			expect(schema.parse(answer.output_parsed)).toBeTruthy();
		}
	});

	it("send pictures, in messages and in the results of tools", async () => {
		const picture = { type: "input_image", image_url: PNG_URL, detail: "auto" } as const;
		for (const model of ["openai/gpt-6-luna", "anthropic/claude-haiku-5-5", "gemini/gemini-3.1-flash-lite"]) {
			const answer = await client.responses.create({
				model,
				tools,
				input: [
					{ role: "user", content: [{ type: "input_text", text: "What is this?" }, picture] },
					{ type: "function_call", call_id: "call_1", name: "get_weather", arguments: '{"city":"Oslo"}' },
					{ type: "function_call_output", call_id: "call_1", output: [picture] },
				],
			});
			expect(answer.status).toBe("completed");
		}
	});

	it("call tools of a namespace and free-form ones by their own names", async () => {
		const { output } = await client.responses.create({
			model: "openai/gpt-6-luna",
			input: "Call both tools: weather__get_weather and patch.",
			tools: [
				{ type: "namespace", name: "weather", description: "Weather", tools: [tool("get_weather", "city")] },
				{ type: "custom", name: "patch", description: "Patches" },
			],
		});
		const calls = output.filter((item) => item.type === "function_call" || item.type === "custom_tool_call");
		expect(calls).toMatchObject([
			{ type: "function_call", namespace: "weather", name: "get_weather" },
			{ type: "custom_tool_call", name: "patch" },
		]);
	});

	it("are refused what would have to be stored where no policy allows it", async () => {
		const error = await client.responses
			.create({ model: "gpt-4.1", input: "Hi", store: true })
			.catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(BadRequestError);
		expect(error).toMatchObject({ code: "storage_not_allowed", param: "store" });
	});

	it("call free-form tools and tools of their own at a vendor that knows functions only", async () => {
		const { output } = await client.responses
			.stream({
				model: "anthropic/claude-haiku-5-5",
				input: "Call both tools: patch and shell.",
				tools: [
					{ type: "custom", name: "patch", description: "Patches" },
					{ type: "shell", environment: { type: "local" } },
				],
			})
			.finalResponse();
		const calls = output.filter(({ type }) => type === "custom_tool_call" || type === "shell_call");
		expect(calls.map(({ type }) => type)).toEqual(["custom_tool_call", "shell_call"]);
	});
});

describe("openai's stored Responses", () => {
	let storing: OpenAI;
	beforeAll(async () => {
		const team = await gateway.admin("POST", "/teams", { name: "a team" });
		const { key } = await gateway.admin("POST", "/keys", { team_id: team.id, name: "a key", stored_responses: true });
		storing = new OpenAI({ baseURL: gateway.v1, apiKey: String(key), fetch: judged, maxRetries: 0 });
	});

	it("go on from one another, are retrieved with their input, and deleted", async () => {
		const model = "anthropic/claude-haiku-5-5";
		const request = { model, tools };
		const first = await storing.responses.create({
			...request,
			input: "What is the weather in Oslo? Use the get_weather tool.",
		});
		const call = first.output.find((item) => item.type === "function_call");
		const second = await storing.responses
			.stream({
				...request,
				model: "gemini/gemini-3.1-flash-lite",
				previous_response_id: first.id,
				input: [{ type: "function_call_output", call_id: String(call?.call_id), output: "12 degrees" }],
			})
			.finalResponse();
		expect(second.output_text).toContain("12 degrees");
		const retrieved = await storing.responses.retrieve(second.id);
		expect(retrieved.output_text).toBe(second.output_text);
		expect(retrieved).toMatchObject({ previous_response_id: first.id, store: true });
		const items = [];
		for await (const item of storing.responses.inputItems.list(second.id, { order: "asc", limit: 2 })) items.push(item);
		expect(items.map(({ type }) => type)).toEqual([
			"message",
			...first.output.map(({ type }) => type),
			"function_call_output",
		]);
		const counted = await storing.responses.inputTokens.count({
			model,
			previous_response_id: second.id,
			input: "And?",
		});
		expect(counted.input_tokens).toBeGreaterThan(0);
		await storing.responses.delete(second.id);
		for (const [who, id] of [
			[storing, second.id],
			[client, first.id],
		] as const) {
			const error = await who.responses.retrieve(id).catch((thrown: unknown) => thrown);
			expect(error).toMatchObject({ status: 404, code: "response_not_found" });
		}
	});
});

describe.each(MODEL_PER_TRANSLATION)("OpenAI Agents, with %s", (model) => {
	const weather = agentTool({
		name: "get_weather",
		description: "The weather in a city",
		parameters: z.object({ city: z.string() }),
		execute: async () => "12 degrees",
	});

	it.each([true, false])("run their tools and tell what came of it (over Responses: %s)", async (useResponses) => {
		const modelProvider = new OpenAIProvider({ openAIClient: client, useResponses });
		const runner = new Runner({ modelProvider, tracingDisabled: true });
		const agent = new Agent({ name: "Weather", instructions: "Be brief.", model, tools: [weather] });
		const prompt = "What is the weather in Oslo? Use the get_weather tool.";
		const whole = await runner.run(agent, prompt);
		expect(whole.finalOutput).toContain("12 degrees");
		const streamed = await runner.run(agent, prompt, { stream: true });
		let text = "";
		for await (const piece of streamed.toTextStream()) text += piece;
		await streamed.completed;
		expect(text).toContain("12 degrees");
		expect(streamed.finalOutput).toBe(whole.finalOutput);
	});
});
