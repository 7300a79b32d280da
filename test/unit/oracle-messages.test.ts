import { describe, expect, it } from "vitest";
import { MessageRules } from "#test/oracle/messages";
import { Violation } from "#test/oracle/rules";

const usage = {
	...{ input_tokens: 1, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
	...{ output_tokens_details: null, server_tool_use: null },
};
const start = {
	type: "message_start",
	message: {
		...{ id: "msg_1", type: "message", role: "assistant", model: "m", content: [], container: null, diagnostics: null },
		...{ stop_reason: null, stop_sequence: null, stop_details: null },
		usage: { ...usage, cache_creation: null, inference_geo: null, service_tier: null, speed: null },
	},
};
const text = (index: number) => ({
	type: "content_block_start",
	index,
	content_block: { type: "text", text: "", citations: null },
});
const thinking = {
	type: "content_block_start",
	index: 0,
	content_block: { type: "thinking", thinking: "", signature: "" },
};
const call = (index: number, id = "t") => ({
	type: "content_block_start",
	index,
	content_block: { type: "tool_use", id, name: "f", input: {}, caller: { type: "direct" } },
});
const fill = (index: number, delta: object) => ({ type: "content_block_delta", index, delta });
const says = (index: number) => fill(index, { type: "text_delta", text: "a" });
const signs = fill(0, { type: "signature_delta", signature: "s" });
const close = (index: number) => ({ type: "content_block_stop", index });
const ends = (stop_reason = "end_turn", cost: unknown = null) => ({
	type: "message_delta",
	delta: { stop_reason, stop_sequence: null, stop_details: null, container: null },
	usage: { ...usage, cost },
});
const stop = { type: "message_stop" };
const broken = (request_id: string) => ({
	type: "error",
	error: { type: "api_error", message: "x", details: { error_code: "internal_error" } },
	request_id,
});

/** What the judge says of a stream of events; null when it takes it. */
function verdict(events: readonly { type: string }[]): string | null {
	try {
		const rules = new MessageRules("req_1");
		for (const event of events) rules.push(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
		rules.end();
		return null;
	} catch (error) {
		if (error instanceof Violation) return error.message.split("\n")[0] ?? "";
		throw error;
	}
}

describe("the judge of streamed messages", () => {
	it.each([
		["text", [start, text(0), says(0), close(0), ends(), stop]],
		["nothing", [start, ends(), stop]],
		[
			"thinking, text and a call",
			[start, thinking, signs, close(0), text(1), close(1), call(2), close(2), ends("tool_use"), stop],
		],
		["an error", [start, text(0), broken("req_1")]],
		["pings", [start, { type: "ping" }, text(0), { type: "ping" }, close(0), ends(), stop]],
	])("takes %s", (_, events) => {
		expect(verdict(events)).toBeNull();
	});

	it.each([
		["no start", [text(0)], /message_start/],
		["two starts", [start, start], /message_start/],
		["a block within another", [start, text(0), text(1)], /began within another/],
		["blocks that are not counted", [start, text(1)], /counted from 0/],
		["a delta of no block", [start, says(0)], /no open block/],
		["a delta of another type", [start, thinking, says(0)], /text_delta in a block of thinking/],
		["thinking behind its signature", [start, thinking, signs, signs], /behind the signature/],
		["an end with an open block", [start, text(0), ends()], /open block/],
		["a stop without an end", [start, stop], /without message_delta/],
		["no stop", [start, ends()], /ended without message_stop/],
		["something after the stop", [start, ends(), stop, stop], /after the last/],
		["a stop for a call that is not there", [start, ends("tool_use"), stop], /without any call/],
		["calls at the end of a turn", [start, call(0), close(0), ends(), stop], /ended the turn with calls/],
		["calls of one id", [start, call(0), close(0), call(1), close(1), ends("tool_use")], /not unique/],
		["a reason that clients do not know", [start, ends("eos")], /does not match/],
		["no cost", [start, ends("end_turn", "1")], /does not match/],
		["an error of another request", [start, broken("req_2")], /another request/],
	])("refuses %s", (_, events, complaint) => {
		expect(verdict(events)).toMatch(complaint);
	});
});
