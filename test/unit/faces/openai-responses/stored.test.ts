import { describe, expect, it } from "vitest";
import type { StoredResponse } from "#core/stored-response";
import { continued, storageWish } from "#faces/openai-responses/stored";

const suffix = (digit: string) => digit.repeat(32);
const [A, B] = [suffix("a"), suffix("b")] as const;

const first: StoredResponse = {
	history: [{ type: "message", id: "msg_0", role: "developer", content: "Be brief" }],
	input: [{ type: "message", id: `msg_${A}_in0`, role: "user", content: "Hi" }],
	response: {
		id: `resp_${A}`,
		output: [
			{ id: `msg_${A}_0`, type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello" }] },
		],
	},
};

describe("what a request wants of stored answers", () => {
	it.each([
		[{}, null, []],
		[null, null, []],
		[{ store: false, input: "Hi" }, false, []],
		[{ store: true, previous_response_id: null }, true, []],
		[
			{ previous_response_id: "resp_1", input: [{ type: "item_reference", id: `rs_${A}_3` }] },
			null,
			[
				{ id: "resp_1", param: "previous_response_id" },
				{ id: `resp_${A}`, param: "input[0]" },
			],
		],
		// Two items of one answer, the second without a type; and an id that no answer here has.
		[
			{
				input: [
					{ type: "item_reference", id: `msg_${A}_in0` },
					{ id: `msg_${A}_0` },
					{ type: "item_reference", id: "x" },
				],
			},
			null,
			[
				{ id: `resp_${A}`, param: "input[0]" },
				{ id: "x", param: "input[2]" },
			],
		],
		[{ input: [{ role: "user", id: `msg_${A}_0`, content: "Hi" }] }, null, []],
	])("%j", (body, store, needs) => {
		expect(storageWish(body)).toEqual({ store, needs });
	});

	it.each([
		[{ previous_response_id: 7 }, "previous_response_id"],
		[{ previous_response_id: "" }, "previous_response_id"],
		[{ previous_response_id: "resp_1", conversation: "conv_1" }, "previous_response_id"],
		[
			{
				input: Array.from({ length: 40 }, (_, n) => ({
					type: "item_reference",
					id: `msg_${n.toString(16).padStart(32, "0")}_0`,
				})),
			},
			"input[32]",
		],
	])("is refused: %#", (body, param) => {
		expect(() => storageWish(body)).toThrow(expect.objectContaining({ details: expect.objectContaining({ param }) }));
	});
});

describe("a request that goes on", () => {
	const found = new Map([[first.response.id, first]]);

	it("has all that was said before in front, and its own items with ids to be stored", () => {
		const body = { model: "m", previous_response_id: first.response.id, input: "And now?" };
		const { body: whole, history, input } = continued(body, found, B, true);
		const before = [...first.history, ...first.input, ...first.response.output];
		expect(history).toEqual(before);
		expect(whole).toEqual({
			...body,
			store: true,
			input: [...before, { type: "message", role: "user", content: "And now?" }],
		});
		expect(input).toEqual([
			{
				type: "message",
				id: `msg_${B}_in0`,
				role: "user",
				content: [{ type: "input_text", text: "And now?" }],
			},
		]);
	});

	it("has items in place of what refers to them", () => {
		const output = { type: "function_call_output", call_id: "c", output: "12" };
		const { body, input } = continued(
			{ input: [{ type: "item_reference", id: `msg_${A}_0` }, output, { role: "assistant", content: "Yes" }] },
			found,
			B,
			false,
		);
		expect(body).toEqual({ input: [first.response.output[0], output, { role: "assistant", content: "Yes" }] });
		expect(input).toEqual([
			first.response.output[0],
			{ ...output, id: `fco_${B}_in1` },
			{
				type: "message",
				id: `msg_${B}_in2`,
				role: "assistant",
				content: [{ type: "output_text", text: "Yes", annotations: [] }],
			},
		]);
		expect(() => continued({ input: [{ type: "item_reference", id: `msg_${A}_7` }] }, found, B, false)).toThrow(
			"has an item",
		);
	});

	it.each([[null], ["text"], [{ input: 7 }], [{}]])("leaves what is no request to be refused: %j", (body) => {
		expect(continued(body, new Map(), B, true)).toEqual({ body, history: [], input: [] });
	});
});
