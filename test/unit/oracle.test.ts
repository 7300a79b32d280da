import { describe, expect, it } from "vitest";
import { checkAnswer, checked, violationsOf } from "#test/oracle/check";

const ID = "req_1";
/** What is on every answer. */
const OURS = { "x-request-id": ID, "x-content-type-options": "nosniff" };

const usage = {
	prompt_tokens: 10,
	completion_tokens: 5,
	total_tokens: 15,
	prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2, audio_tokens: 0, image_tokens: 0 },
	completion_tokens_details: { reasoning_tokens: 3, audio_tokens: 0, image_tokens: 0 },
	cost: 0.000012,
};
const call = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };
const message = { role: "assistant", content: "Hi", refusal: null, annotations: [] };
const choice = { index: 0, message, logprobs: null, finish_reason: "stop" };
const completion = {
	id: "chatcmpl-1",
	object: "chat.completion",
	created: 1,
	model: "m",
	system_fingerprint: null,
	choices: [choice],
	usage,
};
const error = { message: "no", type: "invalid_request_error", param: null, code: "invalid_request", request_id: ID };
const model = {
	id: "openai/m",
	object: "model",
	created: 0,
	owned_by: "openai",
	name: "m",
	context_length: null,
	max_output_tokens: 1,
	architecture: { input_modalities: ["text"], output_modalities: ["text"] },
	supported_parameters: [],
	pricing: null,
};

function json(body: unknown, init: ResponseInit = {}): Response {
	return Response.json(body, { ...init, headers: { ...OURS, ...init.headers } });
}

const chunk = (choices: unknown[], more: object = {}) => ({
	id: "chatcmpl-1",
	object: "chat.completion.chunk",
	created: 1,
	model: "m",
	system_fingerprint: null,
	choices,
	...more,
});
const delta = (content: object, finish: string | null = null, index = 0) =>
	chunk([{ index, delta: content, logprobs: null, finish_reason: finish }]);
const role = delta({ role: "assistant", content: "" });
const DONE = "[DONE]";

/** Events as they go over the wire, in one piece. */
function stream(events: unknown[], headers: Record<string, string> = {}): Response {
	const text = events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("");
	return new Response(text, {
		headers: { "content-type": "text/event-stream; charset=utf-8", ...OURS, ...headers },
	});
}

const judge = (response: Response, path = "/v1/chat/completions") =>
	violationsOf(async () => (await checkAnswer(response, path)).text());

describe("the judge of answers accepts", () => {
	it.each([
		["a plain answer", json(completion)],
		[
			"tool calls with a thought signature",
			json({
				...completion,
				choices: [
					{
						...choice,
						message: {
							...message,
							content: null,
							tool_calls: [{ ...call, extra_content: { google: { thought_signature: "s" } } }],
						},
						finish_reason: "tool_calls",
					},
				],
			}),
		],
		[
			"reasoning and the vendor's own finish reason",
			json({
				...completion,
				choices: [
					{
						...choice,
						message: {
							...message,
							reasoning_content: "hm",
							reasoning_details: [{ type: "reasoning.text", text: "hm" }],
						},
						native_finish_reason: "end_turn",
					},
				],
			}),
		],
		[
			"usage that is estimated and of unknown price",
			json({ ...completion, usage: { ...usage, cost: null, estimated: true } }),
		],
		["an error", json({ error }, { status: 400 })],
		["a limit with the wait in seconds", json({ error }, { status: 429, headers: { "retry-after": "2" } })],
		["an error with metadata", json({ error: { ...error, metadata: { a: 1 } } }, { status: 502 })],
		["a list of models", json({ object: "list", data: [model] }), "/v1/models"],
		["a model", json(model), "/v1/models/openai/m"],
		["any JSON elsewhere", json({ ok: true }), "/healthz"],
		["a stream", stream([role, delta({ content: "H" }), delta({ reasoning_content: "x" }), delta({}, "stop"), DONE])],
		[
			"a stream with usage",
			stream([delta({ role: "assistant", content: "" }), delta({}, "stop"), chunk([], { usage }), DONE]),
		],
		[
			"streamed tool calls of several choices",
			stream([
				role,
				delta({ role: "assistant" }, null, 1),
				delta({ tool_calls: [{ index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } }] }),
				delta({ tool_calls: [{ index: 0, function: { arguments: "{}" } }] }),
				delta({ tool_calls: [{ index: 1, id: "b", type: "function", function: { name: "f", arguments: "{}" } }] }),
				delta({}, "tool_calls"),
				delta({}, "length", 1),
				DONE,
			]),
		],
		["a stream that ends in an error", stream([role, delta({ content: "H" }), { error }])],
	] as [string, Response, string?][])("%s", async (_, response, path) => {
		expect(await judge(response, path)).toEqual([]);
	});
});

describe("the judge of answers refuses", () => {
	const changed = (change: object) => json({ ...completion, ...change });
	const changedChoice = (change: object) => changed({ choices: [{ ...choice, ...change }] });
	const changedMessage = (change: object) => changedChoice({ message: { ...message, ...change } });
	const changedUsage = (change: object) => changed({ usage: { ...usage, ...change } });
	const changedError = (change: object) => json({ error: { ...error, ...change } }, { status: 400 });
	const toolDelta = (...calls: object[]) => delta({ tool_calls: calls });
	it.each([
		["an unknown finish reason", changedChoice({ finish_reason: "eos" }), /finish_reason/],
		["no finish reason", changedChoice({ finish_reason: null }), /finish_reason/],
		["an unknown field", changed({ provider: "x" }), /additional.*provider/],
		["an unknown field of a message", changedMessage({ reasoning: "x" }), /additional.*reasoning/],
		["a message without refusal", changedChoice({ message: { role: "assistant", content: "Hi" } }), /refusal/],
		["content that is not text", changedMessage({ content: 1 }), /content/],
		[
			"tool arguments that are not text",
			changedMessage({ tool_calls: [{ ...call, function: { name: "f", arguments: {} } }] }),
			/arguments/,
		],
		["an empty list of tool calls", changedMessage({ tool_calls: [] }), /empty list/],
		["tool calls that finish by stop", changedMessage({ tool_calls: [call] }), /stop with tool calls/],
		[
			"tool calls with the same id",
			changedChoice({ message: { ...message, tool_calls: [call, call] }, finish_reason: "tool_calls" }),
			/not unique/,
		],
		["tool_calls without calls", changedChoice({ finish_reason: "tool_calls" }), /without any/],
		["no choices", changed({ choices: [] }), /without choices/],
		["choices out of order", changedChoice({ index: 1 }), /calls itself 1/],
		["no usage", changed({ usage: undefined }), /usage/],
		["a negative count", changedUsage({ prompt_tokens: -1, total_tokens: 4 }), /not a count/],
		["a broken sum", changedUsage({ total_tokens: 16 }), /not the sum/],
		[
			"more cached than sent",
			changedUsage({ prompt_tokens_details: { cached_tokens: 9, cache_write_tokens: 2 } }),
			/together exceed/,
		],
		["more reasoning than output", changedUsage({ completion_tokens_details: { reasoning_tokens: 6 } }), /exceeds/],
		["a negative cost", changedUsage({ cost: -1 }), /cost/],
		["no cost", changedUsage({ cost: undefined }), /cost/],
		["the wrong object", changed({ object: "text_completion" }), /object/],
		["an error inside a success", json({ error }), /error inside a 200/],
		["an error of an unknown type", changedError({ type: "api_error" }), /type/],
		["a numeric code", changedError({ code: 400 }), /code/],
		["an error without param", changedError({ param: undefined }), /param/],
		["an error of another request", changedError({ request_id: "req_2" }), /names request req_2/],
		["an error that is only text", json({ error: "no" }, { status: 500 }), /error/],
		[
			"an error page",
			new Response("<html>", { status: 502, headers: { "content-type": "text/html", ...OURS } }),
			/text\/html/,
		],
		["an empty error", new Response(null, { status: 502, headers: { ...OURS } }), /without a body/],
		["JSON that is not", new Response("{", { headers: { "content-type": "application/json", ...OURS } }), /not JSON/],
		["a missing request id", Response.json(completion), /x-request-id/],
		["a type to be guessed", Response.json(completion, { headers: { "x-request-id": ID } }), /nosniff/],
		["a redirect", new Response(null, { status: 302, headers: { location: "/", ...OURS } }), /redirect/],
		["a fractional wait", json({ error }, { status: 429, headers: { "retry-after": "1.5" } }), /retry-after/],
		["a model without prices", json({ ...model, pricing: undefined }), /pricing/, "/v1/models/openai/m"],
		["a list that is not", json({ data: [model] }), /object/, "/v1/models"],
		["a stream without an end", stream([role, delta({}, "stop")]), /without \[DONE\] and without an error/],
		["an empty stream", stream([]), /without \[DONE\]/],
		["a complete stream without choices", stream([DONE]), /without any choice/],
		["a complete stream that did not finish", stream([role, DONE]), /never finished/],
		["[DONE] after an error", stream([role, { error }, DONE]), /after the error event/],
		["a chunk after [DONE]", stream([role, delta({}, "stop"), DONE, role]), /after the done event/],
		["an unknown finish reason in a chunk", stream([role, delta({}, "eos")]), /finish_reason/],
		["a finish beside content", stream([role, delta({ content: "H" }, "stop"), DONE]), /a finish beside content/],
		["a chunk without a fingerprint", stream([{ ...role, system_fingerprint: undefined }]), /system_fingerprint/],
		["an answer without a fingerprint", json({ ...completion, system_fingerprint: undefined }), /system_fingerprint/],
		[
			"a stream without its charset",
			stream([role, delta({}, "stop"), DONE], { "content-type": "text/event-stream" }),
			/a stream of text\/event-stream from/,
		],
		["a second finish", stream([role, delta({}, "stop"), delta({}, "stop"), DONE]), /after it had finished/],
		["a delta without a role before it", stream([delta({ content: "H" })]), /role belongs/],
		["a second role", stream([role, role]), /role belongs/],
		["numeric content", stream([role, delta({ content: 1 })]), /content/],
		["an unknown field of a delta", stream([role, delta({ reasoning: "x" })]), /additional.*reasoning/],
		["a chunk of another answer", stream([role, { ...delta({ content: "H" }), id: "chatcmpl-2" }]), /id changed/],
		["a chunk of another model", stream([role, { ...delta({ content: "H" }), model: "n" }]), /model changed/],
		["a chunk with nothing", stream([role, chunk([])]), /neither choices nor usage/],
		["usage beside choices", stream([{ ...role, usage }]), /usage beside choices/],
		[
			"a chunk after usage",
			stream([role, delta({}, "stop"), chunk([], { usage }), chunk([], { usage })]),
			/after the usage/,
		],
		[
			"a tool call without an id",
			stream([role, toolDelta({ index: 0, type: "function", function: { name: "f" } })]),
			/id and type/,
		],
		[
			"tool calls not counted from zero",
			stream([role, toolDelta({ index: 1, id: "a", type: "function" })]),
			/counted from 0/,
		],
		[
			"an id repeated in a later delta",
			stream([role, toolDelta({ index: 0, id: "a", type: "function" }), toolDelta({ index: 0, id: "a" })]),
			/id and type/,
		],
		[
			"streamed tool calls that finish by stop",
			stream([role, toolDelta({ index: 0, id: "a", type: "function" }), delta({}, "stop"), DONE]),
			/stop after 1 tool calls/,
		],
		["an event that is not JSON", stream([role, "{"]), /not JSON/],
		[
			"a named event",
			new Response("event: x\ndata: {}\n\n", {
				headers: { "content-type": "text/event-stream; charset=utf-8", ...OURS },
			}),
			/named x/,
		],
		[
			"lines that no event stream has",
			new Response("oops\n\n", { headers: { "content-type": "text/event-stream; charset=utf-8", ...OURS } }),
			/not an event stream/,
		],
		[
			"a stream of another type",
			stream([role, delta({}, "stop"), DONE], { "content-type": "text/plain" }),
			/text\/plain/,
		],
	] as [string, Response, RegExp, string?][])("%s", async (_, response, complaint, path) => {
		const [violation, ...more] = await judge(response, path);
		expect(violation).toMatch(complaint);
		expect(more).toEqual([]);
	});
});

describe("a checked fetch", () => {
	it("judges by the path that was asked for, and hands the answer on unchanged", async () => {
		const send = checked(async () => json(model, { status: 200, headers: { "x-more": "kept" } }));
		const response = await send("http://gateway/v1/models/openai/m?x=1");
		expect(response.headers.get("x-more")).toBe("kept");
		expect(await response.json()).toEqual(model);
		expect(await violationsOf(() => send(new Request("http://gateway/v1/models")))).toHaveLength(1);
	});

	it("lets a reader see every event before the one that is wrong", async () => {
		const send = checked(async () => stream([role, delta({ content: "H" })]));
		const response = await send("http://gateway/v1/chat/completions", { method: "POST" });
		let text = "";
		const found = await violationsOf(async () => {
			for await (const bytes of response.body ?? []) text += new TextDecoder().decode(bytes);
		});
		expect(found).toHaveLength(1);
		expect(text).toContain('"content":"H"');
	});
});
