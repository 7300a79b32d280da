import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { chat, DEMO_KEY, failure, fault, mend, send } from "#test/worker/gateway";

/** The first request of a file starts the worker, which takes longer on a busy machine than a test may. */
const START_MS = 30_000;

beforeAll(async () => {
	await (await ask({ model: "gpt-4.1", input: "Hi" })).text();
}, START_MS);
afterEach(mend);

interface Answer {
	id: string;
	status: string;
	model: string;
	output: { type: string; [field: string]: unknown }[];
	usage: { input_tokens: number; output_tokens: number; cost: number };
}
interface Chunk {
	delta: { tool_calls?: { id?: string; type?: string; function?: { name?: string } }[] };
}
type WireEvent = { type: string; response?: Answer; error?: { code: string } };

const MODELS = [
	"openai/gpt-6-luna",
	"openai/gpt-4.1",
	"anthropic/claude-haiku-5-5",
	"gemini/gemini-3.1-flash-lite",
	"deepseek/deepseek-flash",
	"openrouter/openai/gpt-oss-120b",
	"siliconflow/deepseek-ai/DeepSeek-V4-Flash",
	"workers-ai/@cf/zai-org/glm-5.3-flash",
];

function ask(body: object, headers: Record<string, string> = {}): Promise<Response> {
	return send("http://gateway/v1/responses", {
		method: "POST",
		headers: { authorization: `Bearer ${DEMO_KEY}`, "content-type": "application/json", ...headers },
		body: JSON.stringify(body),
	});
}

async function whole(body: object): Promise<Answer> {
	const response = await ask(body);
	const text = await response.text();
	if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
	return JSON.parse(text);
}

async function streamed(body: object): Promise<WireEvent[]> {
	const response = await ask({ ...body, stream: true });
	return (await response.text())
		.split("\n\n")
		.filter((event) => event.startsWith("event: "))
		.map((event) => JSON.parse(event.slice(event.indexOf("data: ") + 6)));
}

const WEATHER = {
	type: "function",
	name: "get_weather",
	parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
	strict: false,
};

describe.each(MODELS)("Responses over %s", (model) => {
	it("are the same whole and streamed", async () => {
		const input = "Tell me: Grüße, 世界 🙂";
		const answer = await whole({ model, input });
		const last = (await streamed({ model, input })).at(-1);
		const said = ({ output }: Answer) => output.flatMap(({ content }) => content ?? []);
		expect(JSON.stringify(said(answer))).toContain("Grüße, 世界 🙂");
		expect(last?.type).toBe("response.completed");
		expect(said(last?.response as Answer)).toEqual(said(answer));
		expect(last?.response?.usage).toEqual(answer.usage);
	});

	it("go through a loop of tools when every item goes back as it came", async () => {
		const input: object[] = [{ role: "user", content: "What is the weather in Oslo? Use the get_weather tool." }];
		const request = { model, tools: [WEATHER], reasoning: { effort: "low", summary: "auto" } };
		for (const answerOf of [whole, async (body: object) => (await streamed(body)).at(-1)?.response as Answer]) {
			const { output } = await answerOf({ ...request, input });
			const calls = output.filter(({ type }) => type === "function_call");
			expect(calls).toMatchObject([{ name: "get_weather", status: "completed" }]);
			const results = calls.map(({ call_id }) => ({ type: "function_call_output", call_id, output: "12 degrees" }));
			const second = await whole({ ...request, input: [...input, ...output, ...results] });
			expect(JSON.stringify(second.output)).toContain("12 degrees");
		}
	});
});

describe("Responses", () => {
	it("call tools of a namespace by its name", async () => {
		const { output } = await whole({
			model: "anthropic/claude-haiku-5-5",
			input: "What is the weather in Oslo? Use the weather__get_weather tool.",
			tools: [{ type: "namespace", name: "weather", description: "Weather", tools: [WEATHER] }],
			tool_choice: "required",
		});
		expect(output.at(-1)).toMatchObject({ type: "function_call", namespace: "weather", name: "get_weather" });
	});

	it("answer in the JSON that is asked for", async () => {
		const format = {
			type: "json_schema",
			name: "book",
			schema: {
				type: "object",
				properties: { title: { type: "string" } },
				required: ["title"],
				additionalProperties: false,
			},
			strict: true,
		};
		const { output } = await whole({ model: "gpt-4.1", input: "Describe a book", text: { format } });
		const [last] = output.slice(-1) as [Answer["output"][number]];
		const [{ text }] = last.content as [{ text: string }];
		expect(JSON.parse(text)).toEqual({ title: expect.any(String) });
	});

	it("that were cut short are incomplete", async () => {
		const { status } = await whole({ model: "gpt-4.1", input: "Write 400 words", max_output_tokens: 16 });
		expect(status).toBe("incomplete");
		const last = (await streamed({ model: "deepseek-flash", input: "Write 400 words", max_output_tokens: 16 })).at(-1);
		expect(last?.type).toBe("response.incomplete");
	});

	it("name what the provider has no counterpart for, and refuse what would change the answer", async () => {
		const request = { model: "deepseek/deepseek-flash", input: "Hi", tools: [{ type: "web_search" }] };
		const response = await ask({ ...request, truncation: "auto", client_metadata: {} });
		expect(response.status).toBe(200);
		expect(response.headers.get("x-tollgate-dropped")).toBe("client_metadata,web_search,truncation");
		await response.text();
		const { status, error } = await failure(ask({ ...request, tool_choice: { type: "web_search" } }));
		expect({ status, param: error.param }).toEqual({ status: 400, param: "tool_choice" });
		const openai = await ask({ ...request, model: "gpt-4.1", truncation: "auto" });
		expect([openai.status, openai.headers.get("x-tollgate-dropped")]).toEqual([200, "web_search"]);
		await openai.text();
	});

	it.each([
		[{ store: true }, "storage_not_allowed", "store"],
		[{ previous_response_id: "resp_1" }, "storage_not_allowed", "previous_response_id"],
		[{ input: [{ type: "item_reference", id: "msg_1" }] }, "storage_not_allowed", "input[0]"],
		[{ background: true }, "vendor_state_not_allowed", "background"],
		[{ conversation: "conv_1" }, "vendor_state_not_allowed", "conversation"],
	])("that would need something to be kept are refused: %j", async (body, code, param) => {
		const { status, error, headers } = await failure(ask({ model: "gpt-4.1", input: "Hi", ...body }));
		expect({ status, code: error.code, param: error.param }).toEqual({ status: 400, code, param });
		if (code === "storage_not_allowed") expect(error.message).toContain("`stored_responses: true` in the policy");
		expect(headers.get("x-should-retry")).toBe("false");
	});

	it("refuse files of the vendor's account", async () => {
		const input = [{ role: "user", content: [{ type: "input_file", file_id: "file-1" }] }];
		const { error } = await failure(ask({ model: "gpt-4.1", input }));
		expect(error.code).toBe("vendor_state_not_allowed");
		const tools = [{ type: "file_search", vector_store_ids: ["vs_1"] }];
		expect((await failure(ask({ model: "gpt-4.1", input: "Hi", tools }))).error).toMatchObject({
			code: "vendor_state_not_allowed",
			param: "tools[0].vector_store_ids",
		});
	});

	it("fail over before the first event, and say that they failed after it", async () => {
		await fault({ provider: "siliconflow", fault: "error", status: 500, times: 2 });
		const models = { models: ["siliconflow/openai/gpt-oss-120b", "openrouter/openai/gpt-oss-120b"] };
		const response = await ask({ ...models, input: "Hi" });
		expect(response.headers.get("x-tollgate-provider")).toBe("openrouter");
		await response.text();
		for (const provider of BUILT_IN_PROVIDERS) {
			const model = MODELS.find((name) => name.startsWith(`${provider}/`));
			await fault({ provider, fault: "cut_mid_stream", after: 8, times: 1 });
			const events = await streamed({ model, input: "Write 40 words" });
			expect(events.slice(-2).map(({ type }) => type)).toEqual(["error", "response.failed"]);
			await mend();
		}
	});

	it("are named after their face in the log, and may be tried dry, as may those of every face", async () => {
		const id = (await ask({ model: "gpt-4.1", input: "Hi" })).headers.get("x-request-id");
		const headers = { authorization: `Bearer ${DEMO_KEY}` };
		await vi.waitFor(async () => {
			const shown = await send(`http://gateway/v1/requests/${id}`, { headers });
			expect(await shown.json()).toMatchObject({ id, face: "responses", status: 200 });
		});
		const dry = (query: string, body: object) =>
			send(`http://gateway/v1/route${query}`, { method: "POST", headers, body: JSON.stringify(body) });
		for (const [face, body] of Object.entries({
			chat: { model: "gpt-4.1", messages: [{ role: "user", content: "Hi" }] },
			messages: { model: "gpt-4.1", max_tokens: 9, messages: [{ role: "user", content: "Hi" }] },
			responses: { model: "gpt-4.1", input: "Hi" },
			embeddings: { model: "text-embedding-3-small", input: "Hi" },
		})) {
			const { candidates } = await (await dry(`?face=${face}`, body)).json<{ candidates: object[] }>();
			expect(candidates[0]).toMatchObject({ provider: "openai", model: body.model });
		}
		expect((await failure(dry("?face=smoke", {}))).error.param).toBe("face");
	});

	it("answer a WebSocket's request at once, so that Codex falls back", async () => {
		const response = await send("http://gateway/v1/responses", {
			headers: { authorization: `Bearer ${DEMO_KEY}`, upgrade: "websocket", connection: "Upgrade" },
		});
		expect([response.status, response.headers.get("allow")]).toEqual([426, "POST"]);
		expect(await response.json()).toMatchObject({ error: { code: "websocket_not_spoken" } });
	});
});

describe("A body in the shape of Responses that comes to Chat Completions", () => {
	const tools = [
		{ type: "custom", name: "ApplyPatch", description: "Edits", format: { type: "text" } },
		{ ...WEATHER, name: "read_file" },
	];
	const input = [
		{ role: "system", content: "You edit code." },
		{ role: "user", content: [{ type: "input_text", text: "Call both tools: ApplyPatch and read_file." }] },
	];

	it("is answered in chunks, in which every call is one of a function, and goes on from there", async () => {
		const request = { model: "gpt-6-luna", stream: true, stream_options: { include_usage: true }, tools };
		const response = await chat({ ...request, input });
		const events = (await response.text()).split("\n\n").filter((event) => event.startsWith("data: {"));
		const chunks = events.map((event) => JSON.parse(event.slice(6)));
		const deltas = chunks.flatMap(({ choices }) => choices.flatMap(({ delta }: Chunk) => delta.tool_calls ?? []));
		expect(deltas.flatMap((delta) => (delta.id ? [[delta.type, delta.function?.name]] : []))).toEqual([
			["function", "ApplyPatch"],
			["function", "read_file"],
		]);
		expect(chunks.at(-1).usage.total_tokens).toBeGreaterThan(0);
		const calls = deltas.flatMap(({ id, function: called }) => (id ? [{ id, name: called?.name }] : []));
		const turn = calls.flatMap(({ id, name }) => [
			{ type: "function_call", call_id: id, name, arguments: name === "read_file" ? "{}" : "*** Begin Patch" },
			{ type: "function_call_output", call_id: id, output: `${name} is done` },
		]);
		const second = await (await chat({ ...request, stream: false, input: [...input, ...turn] })).text();
		expect(second).toContain("is done");
	});

	it.each(MODELS)("is served by %s", async (model) => {
		const response = await chat({ model, input: "Tell me: Grüße", max_tokens: 100 });
		expect(await response.text()).toContain("Grüße");
	});
});
