import { describe, expect, it } from "vitest";
import type { ResponsesPart } from "#core/chat/chat";
import { vendorStateOf } from "#core/chat/vendor-state";
import { GatewayError } from "#core/errors";
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

	it("may draw on what the vendor keeps, which is found", () => {
		const files = { type: "file_search", vector_store_ids: ["vs_1"] };
		expect(vendorStateOf(request({ tools: [search, files], fields: {} }))).toBe("tools[1].vector_store_ids");
		expect(vendorStateOf(request({ tools: [search], fields: {} }))).toBeNull();
	});
});
