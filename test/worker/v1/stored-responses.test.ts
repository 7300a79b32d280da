import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "#env";
import { runJobs } from "#jobs/jobs";
import { admin, type IssuedKey, issueKey, read } from "#test/worker/admin/admin-client";
import { failure, send } from "#test/worker/gateway";

const bindings = env as unknown as Env;
const bucket = () => bindings.PAYLOADS as R2Bucket;
const MODELS = ["openai/gpt-6-luna", "anthropic/claude-haiku-5-5", "gemini/gemini-3.1-flash-lite"];
const MODEL = "openai/gpt-6-luna";

let owner: IssuedKey;
beforeAll(async () => {
	owner = await issueKey({ stored_responses: true });
}, 30_000);
beforeEach(async () => {
	const { objects } = await bucket().list();
	await bucket().delete(objects.map(({ key }) => key));
});
afterEach(() => vi.restoreAllMocks());

interface Answer {
	id: string;
	store: boolean;
	previous_response_id: string | null;
	output: { id: string; type: string; [field: string]: unknown }[];
	usage: { input_tokens: number };
}

const call = (method: string, path: string, { key }: Pick<IssuedKey, "key">, body?: object) =>
	send(`http://gateway/v1/responses${path}`, {
		method,
		headers: { authorization: `Bearer ${key}` },
		...(body !== undefined && { body: JSON.stringify(body) }),
	});

async function answered(body: object, key: Pick<IssuedKey, "key"> = owner): Promise<Answer> {
	const response = await call("POST", "", key, body);
	const text = await response.text();
	if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
	if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return JSON.parse(text);
	const last = text.trim().split("\n\n").at(-1) ?? "";
	return JSON.parse(last.slice(last.indexOf("data: ") + 6)).response;
}

const stored = async () => (await bucket().list({ prefix: "responses/" })).objects.map(({ key }) => key);
const text = (answer: unknown) => JSON.stringify((answer as Answer).output);

describe("an answer", () => {
	it.each([false, true])("is stored where policy allows it, and shown as it came; streamed: %s", async (stream) => {
		const answer = await answered({ model: MODEL, input: "Hi", stream });
		expect(answer.store).toBe(true);
		const shown = await read(await call("GET", `/${answer.id}`, owner));
		expect([shown.status, shown.body]).toEqual([200, answer]);
		const [path = ""] = await stored();
		const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
		expect(path).toBe(`responses/${day}/${owner.id}/${answer.id}`);
		const bytes = await (await bucket().get(path))?.arrayBuffer();
		expect(new TextDecoder("latin1").decode(bytes)).not.toContain("output");
	});

	it("is not stored where its caller or policy does not want it", async () => {
		expect((await answered({ model: MODEL, input: "Hi", store: false })).store).toBe(false);
		const plain = await issueKey();
		const unasked = await answered({ model: MODEL, input: "Hi" }, plain);
		expect(unasked.store).toBe(false);
		expect(await stored()).toEqual([]);
		await admin("PATCH", `/keys/${plain.id}`, { stored_responses: true });
		expect((await answered({ model: MODEL, input: "Hi", store: true }, plain)).store).toBe(true);
		await admin("PATCH", `/keys/${plain.id}`, { stored_responses: false });
		expect((await failure(call("POST", "", plain, { model: MODEL, input: "Hi", store: true }))).error.code).toBe(
			"storage_not_allowed",
		);
	});

	it("belongs to its key alone", async () => {
		const { id } = await answered({ model: MODEL, input: "Hi" });
		const other = await issueKey({ stored_responses: true });
		for (const [method, path] of [
			["GET", `/${id}`],
			["GET", `/${id}/input_items`],
			["DELETE", `/${id}`],
		] as const) {
			const { status, error } = await failure(call(method, path, other));
			expect([status, error.code]).toEqual([404, "response_not_found"]);
		}
		const { status, error } = await failure(
			call("POST", "", other, { model: MODEL, input: "Hi", previous_response_id: id }),
		);
		expect([status, error.code, error.param]).toEqual([400, "previous_response_not_found", "previous_response_id"]);
		expect((await call("GET", `/${id}`, owner)).status).toBe(200);
	});

	it("does not open in another's place", async () => {
		const first = await answered({ model: MODEL, input: "Hi" });
		const other = await issueKey({ stored_responses: true });
		const second = await answered({ model: MODEL, input: "Hi" }, other);
		await (await call("GET", `/${second.id}`, other)).text();
		const paths = await stored();
		const from = paths.find((path) => path.endsWith(first.id)) ?? "";
		const to = paths.find((path) => path.endsWith(second.id)) ?? "";
		await bucket().put(to, await ((await bucket().get(from)) as R2ObjectBody).arrayBuffer());
		expect((await failure(call("GET", `/${second.id}`, other))).status).toBe(404);
	});

	it("is deleted, and forgotten after its time", async () => {
		const { id } = await answered({ model: MODEL, input: "Hi" });
		expect((await read(await call("DELETE", `/${id}`, owner))).body).toEqual({ id, object: "response", deleted: true });
		expect((await failure(call("DELETE", `/${id}`, owner))).status).toBe(404);
		const kept = await answered({ model: MODEL, input: "Hi" });
		await (await call("GET", `/${kept.id}`, owner)).text();
		const day = 86_400_000;
		const due = Math.ceil(Date.now() / 600_000) * 600_000;
		await runJobs(bindings, due + 29 * day);
		expect(await stored()).toHaveLength(1);
		await runJobs(bindings, due + 31 * day);
		expect(await stored()).toEqual([]);
	});

	it("that cannot be stored harms no caller, and is not found afterwards", async () => {
		vi.spyOn(bucket(), "put").mockRejectedValue(new Error("full"));
		const log = vi.spyOn(console, "error").mockImplementation(() => {});
		const { id } = await answered({ model: MODEL, input: "Hi" });
		expect((await failure(call("GET", `/${id}`, owner))).error.code).toBe("response_not_found");
		expect(String(log.mock.calls[0]?.[0])).toContain(id);
		vi.spyOn(bucket(), "get").mockRejectedValue(new Error("away"));
		expect((await failure(call("GET", `/${id}`, owner))).error.code).toBe("responses_unavailable");
	});
});

describe("a conversation", () => {
	it.each(MODELS)("goes on from the answer before, its tools and reasoning with it: %s", async (model) => {
		const tool = {
			type: "function",
			name: "get_weather",
			parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
			strict: false,
		};
		const request = { model, tools: [tool], reasoning: { effort: "low", summary: "auto" } };
		for (const stream of [false, true]) {
			const input = "What is the weather in Oslo? Use the get_weather tool.";
			const first = await answered({ ...request, input, stream });
			const call_id = first.output.find(({ type }) => type === "function_call")?.call_id;
			const second = await answered({
				...request,
				stream,
				previous_response_id: first.id,
				input: [{ type: "function_call_output", call_id, output: "12 degrees" }],
			});
			expect(second.previous_response_id).toBe(first.id);
			expect(text(second)).toContain("12 degrees");
			// The model was given all of it, and the caller pays for that.
			expect(second.usage.input_tokens).toBeGreaterThan(first.usage.input_tokens);
		}
	});

	it("is held for as long as it has become", async () => {
		const { id } = await answered({ model: MODEL, input: "word ".repeat(20_000) });
		const poor = { budgets: [{ limit_usd: "0.001", window: "total" }] };
		expect((await admin("PATCH", `/keys/${owner.id}`, poor)).status).toBe(200);
		const { status } = await failure(
			call("POST", "", owner, { model: MODEL, input: "Hi", previous_response_id: id, max_output_tokens: 16 }),
		);
		expect((await admin("PATCH", `/keys/${owner.id}`, { budgets: [] })).status).toBe(200);
		expect(status).toBe(402);
	});

	it("may refer to single items of stored answers", async () => {
		const first = await answered({ model: MODEL, input: "Tell me: Grüße" });
		const [message] = first.output.slice(-1);
		const input = [
			{ role: "user", content: "Hi" },
			{ type: "item_reference", id: message?.id },
			{ role: "user", content: "And now?" },
		];
		const second = await answered({ model: MODEL, input });
		const items = await read(await call("GET", `/${second.id}/input_items?order=asc`, owner));
		expect(items.body.data).toMatchObject([{ role: "user" }, { id: message?.id, role: "assistant" }, { role: "user" }]);
		input[1] = { type: "item_reference", id: `${message?.id}9` };
		const { error } = await failure(call("POST", "", owner, { model: MODEL, input }));
		expect(error).toMatchObject({ code: "previous_response_not_found" });
	});

	it("lists what the model was given, page by page", async () => {
		const first = await answered({ model: MODEL, input: "One" });
		const { id } = await answered({
			model: MODEL,
			previous_response_id: first.id,
			input: [
				{ role: "user", content: "Two" },
				{ role: "user", content: [{ type: "input_text", text: "Three" }] },
			],
		});
		const list = async (query: string) => (await read(await call("GET", `/${id}/input_items${query}`, owner))).body;
		const all = (await list("?order=asc")) as { data: { id: string; content: unknown }[] };
		expect(
			all.data.map(({ content }) => JSON.stringify(content)).filter((part) => part?.includes("input_text")),
		).toHaveLength(3);
		expect(new Set(all.data.map((item) => item.id)).size).toBe(all.data.length);
		const newest = (await list("?limit=1")) as { data: { id: string }[] };
		expect(newest).toMatchObject({ object: "list", data: [all.data.at(-1)], has_more: true });
		expect(await list(`?limit=100&after=${newest.data[0]?.id}`)).toMatchObject({
			data: all.data.slice(0, -1).reverse(),
			first_id: all.data.at(-2)?.id,
			last_id: all.data[0]?.id,
			has_more: false,
		});
		for (const [query, param] of [
			["?order=up", "order"],
			["?limit=0", "limit"],
			["?after=x", "after"],
		] as const) {
			expect((await failure(call("GET", `/${id}/input_items${query}`, owner))).error.param).toBe(param);
		}
	});
});

it("compacts a conversation at OpenAI, which goes on from that, and says that no other provider does", async () => {
	const first = await answered({ model: MODEL, input: "Tell me: Grüße" });
	const compact = { model: MODEL, previous_response_id: first.id, input: [{ role: "user", content: "And?" }] };
	const { body, headers } = await read(await call("POST", "/compact", owner, compact));
	expect(body).toMatchObject({
		id: expect.stringMatching(/^resp_/),
		object: "response.compaction",
		output: [{ role: "user" }, { role: "user" }, { type: "compaction" }],
		usage: { cost: expect.any(Number) },
	});
	expect(Number(headers.get("x-tollgate-cost"))).toBeGreaterThan(0);
	const input = [...(body.output as object[]), { role: "user", content: "Go on" }];
	expect((await answered({ model: MODEL, input })).output.at(-1)).toMatchObject({ type: "message" });
	for (const [path, request] of [
		["/compact", compact],
		["", { input }],
	] as const) {
		const { status, error } = await failure(call("POST", path, owner, { ...request, model: MODELS[1] }));
		expect([status, error.code]).toEqual([400, "unsupported_parameter"]);
	}
});

it("counts the tokens of a prompt with all that it goes on from", async () => {
	const count = async (body: object) =>
		(await read(await call("POST", "/input_tokens", owner, { model: MODEL, input: "Hi", ...body }))).body;
	const alone = await count({});
	expect(alone).toEqual({ object: "response.input_tokens", input_tokens: expect.any(Number) });
	const { id } = await answered({ model: MODEL, input: "word ".repeat(500) });
	const { input_tokens } = await count({ previous_response_id: id });
	expect(Number(input_tokens)).toBeGreaterThan(Number(alone.input_tokens) + 400);
});
