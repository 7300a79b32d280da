import { describe, expect, it } from "vitest";
import type { ResponsesPart } from "#core/chat/chat";
import { vendorStateOf } from "#core/chat/vendor-state";
import { GatewayError } from "#core/errors";
import type { JsonObject } from "#lib/json";
import { decodeResponse } from "#providers/openai-responses/response";
import { ADAPTERS, chat, MODELS } from "#test/unit/simulator/exchange";

const search = { type: "web_search" };
const request = (responses: ResponsesPart) => chat([{ role: "user", content: "Hi" }], { responses });
const others = MODELS.filter(({ provider }, at) => MODELS.findIndex((one) => one.provider === provider) === at).filter(
	({ provider }) => provider !== "openai",
);

function encoded(responses: ResponsesPart, id = "gpt-4.1", provider = "openai") {
	const model = MODELS.find((one) => one.provider === provider && one.id === id);
	if (model === undefined) throw new Error(`no model ${id}`);
	return ADAPTERS[provider]?.chat.encode(request(responses), model);
}

describe("what only the Responses API has words for", () => {
	it("goes to OpenAI as it came, in its own protocol", () => {
		const call = encoded({ tools: [search], toolChoice: search, fields: { truncation: "auto", max_tool_calls: 2 } });
		expect(call).toMatchObject({
			path: "/responses",
			body: { store: false, tools: [search], tool_choice: search, truncation: "auto", max_tool_calls: 2 },
			dropped: [],
		});
	});

	it("sums reasoning up only for a caller who asks for it", () => {
		expect(encoded({ tools: [], fields: {} })?.body).not.toHaveProperty("reasoning");
		expect(encoded({ tools: [], summary: "detailed", fields: {} })?.body.reasoning).toEqual({ summary: "detailed" });
	});

	it.each(others.map(({ provider, id }) => [provider, id]))(
		"is left out and named at %s, or refused",
		(provider, id) => {
			const call = encoded({ tools: [search], fields: { truncation: "auto" } }, id, provider);
			expect(call?.dropped).toEqual(["web_search", "truncation"]);
			expect(JSON.stringify(call?.body)).not.toMatch(/web_search|truncation/);
			expect(() => encoded({ tools: [search], toolChoice: search, fields: {} }, id, provider)).toThrow(GatewayError);
		},
	);

	const search_call = { type: "web_search_call", id: "ws_1" };

	it("stands among the items where it stood", () => {
		const item = { type: "new_thing" };
		const call = encoded({
			tools: [],
			fields: {},
			items: [
				{ item: search_call, after: 0 },
				{ item, after: 1 },
			],
		});
		expect(call?.body.input).toEqual([search_call, { type: "message", role: "user", content: "Hi" }, item]);
	});

	it.each(others.map(({ provider, id }) => [provider, id]))(
		"is left out of the input at %s where a vendor did it, and refused where the caller did",
		(provider, id) => {
			const part = (item: JsonObject): ResponsesPart => ({
				tools: [],
				fields: {},
				items: [{ item, after: 0, param: "input[0]" }],
			});
			const call = encoded(part(search_call), id, provider);
			expect(call?.dropped).toEqual(["input[].web_search_call"]);
			expect(JSON.stringify(call?.body)).not.toContain("ws_1");
			expect(() => encoded(part({ type: "computer_call_output" }), id, provider)).toThrow("computer_call_output");
			expect(() => encoded({ tools: [{ type: "computer" }], fields: {} }, id, provider)).toThrow("`computer`");
		},
	);

	it("is a compaction, which OpenAI alone makes", () => {
		const compacts: ResponsesPart = { tools: [], fields: {}, compacts: true };
		expect(encoded(compacts)).toMatchObject({
			path: "/responses/compact",
			body: { model: "gpt-4.1", input: [{ role: "user", content: "Hi" }] },
		});
		for (const { provider, id } of others) expect(() => encoded(compacts, id, provider)).toThrow("compacts");
		const items = [{ type: "compaction", encrypted_content: "x" }];
		const decode = (output: JsonObject[]) => decodeResponse({ object: "response.compaction", output });
		expect(decode(items).choices[0]?.message.items).toEqual(items);
		expect(() => decode([])).toThrow();
	});

	it("may draw on what the vendor keeps, which is found", () => {
		const files = { type: "file_search", vector_store_ids: ["vs_1"] };
		expect(vendorStateOf(request({ tools: [search, files], fields: {} }))).toBe("tools[1].vector_store_ids");
		expect(vendorStateOf(request({ tools: [search], fields: {} }))).toBeNull();
		const ran = { type: "code_interpreter_call", container_id: "cntr_1" };
		const items = [{ item: ran, after: 0, param: "input[0]" }];
		expect(vendorStateOf(request({ tools: [], fields: {}, items }))).toBe("input[0].container_id");
	});
});
