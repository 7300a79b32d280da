import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { ApiKeyObject } from "#durable-objects/api-key/object";
import { admin, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { chat, mend, user } from "#test/worker/gateway";
import { settledOf, watchRecords } from "#test/worker/usage/records";

/** What a vendor of our own making answers with. */
interface Message {
	readonly content: string | null;
	readonly tool_calls?: readonly object[];
}

const USAGE = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 };

const SCHEMA = {
	...{ type: "object", properties: { city: { type: "string" } } },
	...{ required: ["city"], additionalProperties: false },
};
const AS_JSON = { response_format: { type: "json_schema", json_schema: { name: "place", schema: SCHEMA } } };
const WITH_TOOL = {
	tools: [{ type: "function", function: { name: "look_up", parameters: SCHEMA } }],
	tool_choice: { type: "function", function: { name: "look_up" } },
};
const calling = (args: string): Message => ({
	content: null,
	tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "look_up", arguments: args } }],
});

let key: IssuedKey;

beforeAll(async () => {
	const models = [{ id: "m", prices: [{ input: 1, output: 2 }], json_schema: true, tools: true }];
	const provider = { name: "careless", base_url: "https://careless.example/v1", credential: "sk-own", models };
	expect((await admin("POST", "/providers", provider)).status).toBe(201);
	const alias = { name: "checked", models: ["careless/m", "openai/gpt-6-luna"], escalate: true, sticky: false };
	expect((await admin("POST", "/aliases", alias)).status).toBe(201);
});
afterEach(async () => {
	vi.restoreAllMocks();
	await mend();
});

/** Has the first vendor say so, whole or as a stream. */
function careless(message: Message): void {
	vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
		const finish_reason = message.tool_calls === undefined ? "stop" : "tool_calls";
		const { stream } = JSON.parse(String(init?.body));
		const reply = { role: "assistant", ...message };
		if (!stream) return Response.json({ choices: [{ index: 0, message: reply, finish_reason }], usage: USAGE });
		const chunks = [
			{ choices: [{ index: 0, delta: reply, finish_reason: null }] },
			{ choices: [{ index: 0, delta: {}, finish_reason }] },
			{ choices: [], usage: USAGE },
		];
		const lines = [...chunks.map((chunk) => JSON.stringify(chunk)), "[DONE]"].map((data) => `data: ${data}\n\n`);
		return new Response(lines.join(""), { headers: { "content-type": "text/event-stream" } });
	});
}

describe.each([false, true])("an alias that escalates, stream %s", (stream) => {
	const ask = async (more: object) => {
		key = await issueKey({ budgets: [{ limit_usd: "1.00", window: "total" }] });
		const body = { model: "checked", stream, max_tokens: 100, messages: user("Where?"), ...more };
		return chat(body, { authorization: `Bearer ${key.key}` });
	};

	test.each<[string, Message, object]>([
		["an empty answer", { content: " \n" }, {}],
		["no JSON", { content: "Paris, of course" }, AS_JSON],
		["JSON that is not of the schema", { content: '{"town":"Paris"}' }, AS_JSON],
		["a tool call that cannot be parsed", calling('{"city":"Par'), WITH_TOOL],
	])("passes over %s, pays for it, and holds for the next by itself", async (_, message, request) => {
		careless(message);
		const recordOf = watchRecords();
		const reserve = vi.spyOn(ApiKeyObject.prototype, "reserve");
		const answer = await ask(request);
		expect(answer.status).toBe(200);
		expect(answer.headers.get("x-tollgate-attempts")).toBe("careless:escalated,openai:200");
		expect(answer.headers.get("x-tollgate-provider")).toBe("openai");
		const text = await answer.text();
		expect(text).not.toContain("Paris");
		const holds = reserve.mock.calls.map(([{ attemptId, scope }]) => [attemptId.slice(-2), scope.provider]);
		expect(holds).toEqual([
			[".1", "careless"],
			[".2", "openai"],
		]);
		const { attempts, provider, model } = await recordOf(answer);
		expect([provider, model]).toEqual(["openai", "gpt-6-luna"]);
		// 20 tokens at 1 USD and 10 at 2 USD per million.
		expect(attempts).toMatchObject([
			{ provider: "careless", end: "answered", fault: null, estimated: false, cost: 40_000 },
			{ provider: "openai", end: "answered", fault: null, estimated: false, cost: expect.toSatisfy((n) => n > 0) },
		]);
		expect(await settledOf(key.id)).toBe(attempts.reduce((sum, { cost }) => sum + cost, 0));
	});

	test.each<[string, Message, object]>([
		["an answer", { content: "Paris" }, {}],
		["JSON of the schema", { content: '{"city":"Paris"}' }, AS_JSON],
		["a tool call", calling('{"city":"Paris"}'), WITH_TOOL],
	])("passes on %s that is sound, and asks nobody else", async (_, message, request) => {
		careless(message);
		const answer = await ask(request);
		expect(answer.headers.get("x-tollgate-attempts")).toBe("careless:200");
		expect(await answer.text()).toContain("Paris");
		expect(await settledOf(key.id)).toBe(40_000);
	});
});
