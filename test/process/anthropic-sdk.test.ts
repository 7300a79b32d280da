import Anthropic, { APIError, AuthenticationError, BadRequestError, NotFoundError } from "@anthropic-ai/sdk";
import type { MessageParam, RawMessageStreamEvent, Tool } from "@anthropic-ai/sdk/resources";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { DEMO_KEY, Gateway, judged } from "./gateway";
import { PNG_URL } from "./pictures";
import { MODEL_PER_WIRE } from "./served-models";

let gateway: Gateway;
let client: Anthropic;
beforeAll(async () => {
	gateway = await Gateway.start();
	await gateway.watch(...BUILT_IN_PROVIDERS);
	client = new Anthropic({ baseURL: gateway.url, apiKey: DEMO_KEY, fetch: judged, maxRetries: 0 });
});
afterEach(() => gateway.fault());
afterAll(() => gateway?.stop());

const user = (content: string): MessageParam[] => [{ role: "user", content }];

const tool = (name: string, field: string): Tool => ({
	name,
	description: `Calls ${name}`,
	input_schema: {
		type: "object",
		properties: { [field]: { type: "string" } },
		required: [field],
		additionalProperties: false,
	},
	cache_control: { type: "ephemeral" },
});
const tools = [tool("get_weather", "city"), tool("get_time", "zone")];
const system: Anthropic.TextBlockParam[] = [
	{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } },
	{ type: "text", text: "Be kind." },
];

const max_tokens = 4_000;

function textOf(message: Anthropic.Message): string {
	return message.content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

function callsOf(message: Anthropic.Message): Anthropic.ToolUseBlock[] {
	return message.content.filter((block) => block.type === "tool_use");
}

describe.each(MODEL_PER_WIRE)("Anthropic's SDK, with %s", (model) => {
	it("gets a whole answer, and the same as a stream", async () => {
		const request = { model, max_tokens, system, messages: user("Tell me: Grüße, 世界 🙂") };
		const whole = await client.messages.create(request);
		expect(textOf(whole)).toContain("Grüße, 世界 🙂");
		expect(whole._request_id).toMatch(/^req_/);
		expect(whole.usage.input_tokens).toBeGreaterThan(0);
		const stream = client.messages.stream(request);
		let text = "";
		stream.on("text", (piece) => {
			text += piece;
		});
		const streamed = await stream.finalMessage();
		expect(text).toBe(textOf(whole));
		expect(textOf(streamed)).toBe(text);
		expect(streamed.stop_reason).toBe("end_turn");
		expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens);
		expect(streamed.usage.input_tokens).toBe(whole.usage.input_tokens);
	});

	it.each([false, true])(
		"goes through a tool loop, what it thought returned with it (streamed: %s)",
		async (streams) => {
			const messages = user("What is the weather in Oslo? Use the get_weather tool.");
			const ask = () => {
				const request = { model, max_tokens, system, messages, tools, thinking: { type: "adaptive" } as const };
				return streams ? client.messages.stream(request).finalMessage() : client.messages.create(request);
			};
			const first = await ask();
			expect(first.stop_reason).toBe("tool_use");
			const calls = callsOf(first);
			expect(calls.map(({ name, input }) => [name, Object.keys(input as object)])).toEqual([["get_weather", ["city"]]]);
			messages.push({ role: "assistant", content: first.content });
			messages.push({
				role: "user",
				content: calls.map(({ id }) => ({ type: "tool_result", tool_use_id: id, content: "12 degrees" })),
			});
			const second = await ask();
			expect(textOf(second)).toContain("12 degrees");
			expect(second.stop_reason).toBe("end_turn");
			messages.push({ role: "assistant", content: second.content }, ...user("Tell me: thanks"));
			expect(textOf(await ask())).toContain("thanks");
		},
	);

	it("gets two calls at once, whole and streamed", async () => {
		const request = { model, max_tokens, messages: user("Call both tools: get_weather and get_time."), tools };
		const whole = await client.messages.create(request);
		const streamed = await client.messages.stream(request).finalMessage();
		for (const answer of [whole, streamed]) {
			expect(callsOf(answer).map(({ name }) => name)).toEqual(["get_weather", "get_time"]);
		}
	});

	it("has its prompt counted", async () => {
		const { input_tokens } = await client.messages.countTokens({ model, system, tools, messages: user("Hi") });
		expect(input_tokens).toBeGreaterThan(20);
	});

	it("hears of an upstream that breaks off, whatever way it does", async () => {
		const provider = model.split("/")[0];
		for (const fault of ["cut_mid_stream", "clean_eof_mid_stream", "error_frame"]) {
			await gateway.fault({ provider, fault, after: 2, times: 1 });
			const stream = await client.messages.create({
				model,
				max_tokens,
				messages: user("Write 40 words"),
				stream: true,
			});
			const events: RawMessageStreamEvent[] = [];
			const read = async () => {
				for await (const event of stream) events.push(event);
			};
			await expect(read()).rejects.toThrow(APIError);
			expect(events.map(({ type }) => type)).not.toContain("message_stop");
		}
	});
});

describe("Anthropic's SDK", () => {
	const model = "anthropic/claude-haiku-5-5";

	it("streams thinking before what it leads to, with the signature that has to come back", async () => {
		const messages = user("What is the weather in Oslo? Use the get_weather tool.");
		const request = {
			model: "anthropic/claude-opus-5",
			max_tokens: 20_000,
			tools,
			// Without it this model leaves its thoughts out, as Anthropic has it.
			thinking: { type: "adaptive", display: "summarized" } as const,
		};
		const stream = client.messages.stream({ ...request, messages });
		let thought = "";
		stream.on("thinking", (piece) => {
			thought += piece;
		});
		const first = await stream.finalMessage();
		const [block] = first.content;
		expect(block).toMatchObject({ type: "thinking", thinking: thought });
		expect(block?.type === "thinking" && block.signature.length).toBeGreaterThan(10);
		expect(thought).not.toBe("");
		messages.push({ role: "assistant", content: first.content });
		const results = callsOf(first).map(({ id }) => ({
			type: "tool_result" as const,
			tool_use_id: id,
			content: "12 degrees",
		}));
		messages.push({ role: "user", content: results });
		expect(textOf(await client.messages.create({ ...request, messages }))).toContain("12 degrees");
	});

	it("sends pictures and documents, of the user's and of a tool's", async () => {
		const data = PNG_URL.slice(PNG_URL.indexOf(",") + 1);
		const image = { type: "image", source: { type: "base64", media_type: "image/png", data } } as const;
		const pdf = { type: "base64", media_type: "application/pdf", data: btoa("%PDF-1.4 text") } as const;
		const answer = await client.messages.create({
			model,
			max_tokens,
			tools,
			messages: [
				{
					role: "user",
					content: [image, { type: "document", source: pdf, title: "A paper" }, { type: "text", text: "Look" }],
				},
				{ role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "get_time", input: { zone: "UTC" } }] },
				{ role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", is_error: true, content: [image] }] },
			],
		});
		expect(answer.content.length).toBeGreaterThan(0);
	});

	it("parses what was asked for by a schema", async () => {
		const schema = {
			type: "object",
			properties: { title: { type: "string" } },
			required: ["title"],
			additionalProperties: false,
		};
		const answer = await client.messages.create({
			model,
			max_tokens,
			messages: user("Describe a book"),
			output_config: { format: { type: "json_schema", schema } },
		});
		expect(JSON.parse(textOf(answer))).toEqual({ title: expect.any(String) });
	});

	it("stops where it was cut, and says so", async () => {
		const answer = await client.messages.create({ model, max_tokens: 3, messages: user("Write 40 words") });
		expect(answer.stop_reason).toBe("max_tokens");
	});

	it("throws its own errors", async () => {
		const request = { model, max_tokens, messages: user("Hi") };
		const wrong = new Anthropic({ baseURL: gateway.url, apiKey: "tg_live_wrong", fetch: judged, maxRetries: 0 });
		await expect(wrong.messages.create(request)).rejects.toThrow(AuthenticationError);
		await expect(client.messages.create({ ...request, model: "nope" })).rejects.toThrow(NotFoundError);
		const refused = client.messages.create({ ...request, max_tokens: 0 });
		await expect(refused).rejects.toThrow(BadRequestError);
		await expect(refused).rejects.toMatchObject({ requestID: expect.stringMatching(/^req_/) });
	});

	it("lists models page by page, and gets one", async () => {
		const ids: string[] = [];
		for await (const { id } of client.models.list({ limit: 5 })) ids.push(id);
		expect(ids).toContain(model);
		expect((await client.models.retrieve(model)).id).toBe(model);
	});
});
