import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatRequest, FunctionTool, Message, ReasoningDetail } from "#core/chat/chat";
import { openai } from "#providers/vendors/openai";
import { collect } from "#test/unit/providers/collect";
import * as fixtures from "#test/unit/providers/fixtures/openai-responses";
import { chat, faultOf, feed, modelOf, refusalOf } from "#test/unit/providers/native";

const model = modelOf("openai", "gpt-6.1-sol");
const tool: FunctionTool = { type: "function", function: { name: "weather", parameters: { type: "object" } } };
const asking = (fields: Partial<ChatRequest> = {}) => chat({ tools: [tool], ...fields });
const encode = (fields: Partial<ChatRequest> = {}) => openai.chat.encode(asking(fields), model);
const decode = (body: unknown) => openai.chat.decode(body, asking(), model);
const stream = (text: string) => feed(openai.chat.decoder(asking({ stream: true }), model), text);

const BLOCKS: ReasoningDetail[] = [
	{ type: "reasoning.summary", format: "openai-responses-v1", id: "rs_1", index: 0, summary: "**Plan** it" },
	{ type: "reasoning.summary", format: "openai-responses-v1", id: "rs_1", index: 1, summary: "**Do** it" },
	{ type: "reasoning.encrypted", format: "openai-responses-v1", id: "rs_1", index: 2, data: "gAAB" },
];
const CALLS = [
	{ id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
	{ id: "call_2", type: "function", function: { name: "clock", arguments: "{}" } },
];
const USAGE = { uncachedInput: 40, cacheRead: 40, cacheWrite: 20, output: 60, reasoning: 50 };

describe("a chat request goes over the Responses API", () => {
	const pathOf = (id: string, fields: Partial<ChatRequest>) =>
		openai.chat.encode(chat(fields), modelOf("openai", id)).path.slice(1);

	it("exactly where the model takes tools only there", () => {
		expect(pathOf("gpt-6.1-sol", { tools: [tool] })).toBe("responses");
		expect(pathOf("gpt-6.1-sol", { tools: [tool], reasoning_effort: "low" })).toBe("responses");
		expect(pathOf("gpt-6.1-sol", {})).toBe("chat/completions");
		expect(pathOf("gpt-6.1-sol", { tools: [] })).toBe("chat/completions");
		expect(pathOf("gpt-6-luna", { tools: [tool] })).toBe("responses");
		expect(pathOf("gpt-6-luna", { tools: [tool], reasoning_effort: "none" })).toBe("chat/completions");
		expect(pathOf("gpt-5.4", { tools: [tool] })).toBe("chat/completions");
		expect(pathOf("gpt-5.4", { tools: [tool], reasoning_effort: "none" })).toBe("chat/completions");
		expect(pathOf("gpt-5.4", { tools: [tool], reasoning_effort: "low" })).toBe("responses");
		expect(pathOf("gpt-4.1", { tools: [tool] })).toBe("chat/completions");
	});

	it("in its words, stored nowhere, with the model's reasoning sent along", () => {
		expect(
			encode({
				stream: true,
				max_completion_tokens: 1_000_000,
				reasoning_effort: "minimal",
				verbosity: "low",
				response_format: { type: "json_schema", json_schema: { name: "s", schema: { type: "object" }, strict: true } },
				tool_choice: { type: "function", function: { name: "weather" } },
				parallel_tool_calls: false,
				service_tier: "flex",
				metadata: { a: "b" },
				prompt_cache_key: "k",
				user: "u",
			}),
		).toEqual({
			path: "/responses",
			body: {
				model: "gpt-6.1-sol",
				input: [{ type: "message", role: "user", content: "Hello" }],
				stream: true,
				store: false,
				max_output_tokens: 128_000,
				reasoning: { summary: "auto", effort: "low" },
				include: ["reasoning.encrypted_content"],
				text: {
					verbosity: "low",
					format: { type: "json_schema", name: "s", schema: { type: "object" }, strict: true },
				},
				tools: [{ type: "function", name: "weather", parameters: { type: "object" }, strict: false }],
				tool_choice: { type: "function", name: "weather" },
				parallel_tool_calls: false,
				service_tier: "flex",
				metadata: { a: "b" },
				prompt_cache_key: "k",
				safety_identifier: "u",
			},
			dropped: [],
		});
	});

	it.each([
		[1, 16],
		[15, 16],
		[16, 16],
		[17, 17],
	])("with an output limit of %s as %s, for it takes none below 16", (asked, sent) => {
		expect(encode({ max_completion_tokens: asked }).body.max_output_tokens).toBe(sent);
	});

	it("with parts of every kind that it has, and none that it has not", () => {
		const messages: Message[] = [
			{ role: "system", content: [{ type: "text", text: "Be brief." }], name: "boss" },
			{
				role: "user",
				content: [
					{ type: "text", text: "See" },
					{ type: "image_url", image_url: { url: "data:image/png;base64,aGk=", detail: "low" } },
					{ type: "image_url", image_url: { url: "https://example.com/a.png" } },
					{ type: "file", file: { file_data: "data:application/pdf;base64,aGk=", filename: "a.pdf" } },
				],
			},
		];
		const { body, dropped } = encode({ messages });
		expect(body.input).toEqual([
			{ type: "message", role: "system", content: [{ type: "input_text", text: "Be brief." }] },
			{
				type: "message",
				role: "user",
				content: [
					{ type: "input_text", text: "See" },
					{ type: "input_image", image_url: "data:image/png;base64,aGk=", detail: "low" },
					{ type: "input_image", image_url: "https://example.com/a.png", detail: "auto" },
					{ type: "input_file", file_data: "data:application/pdf;base64,aGk=", filename: "a.pdf" },
				],
			},
		]);
		expect(dropped).toEqual(["messages[].name"]);
		const audio: Message = {
			role: "user",
			content: [{ type: "input_audio", input_audio: { data: "x", format: "wav" } }],
		};
		expect(refusalOf(() => encode({ messages: [audio] }))).toBe("unsupported_parameter messages[0].content[0]");
	});

	it("with custom tools and every form of choice", () => {
		const { body } = encode({
			tools: [
				tool,
				{
					type: "custom",
					custom: {
						name: "shell",
						description: "runs",
						format: { type: "grammar", grammar: { definition: "x", syntax: "lark" } },
					},
				},
				{ type: "custom", custom: { name: "note" } },
				{ type: "function", function: { name: "bare", description: "d", strict: true } },
			],
			tool_choice: {
				type: "allowed_tools",
				allowed_tools: {
					mode: "required",
					tools: [
						{ type: "function", function: { name: "weather" } },
						{ type: "custom", custom: { name: "shell" } },
					],
				},
			},
		});
		expect(body.tools).toMatchObject([
			{ type: "function", name: "weather" },
			{
				type: "custom",
				name: "shell",
				description: "runs",
				format: { type: "grammar", definition: "x", syntax: "lark" },
			},
			{ type: "custom", name: "note" },
			{
				type: "function",
				name: "bare",
				description: "d",
				parameters: { type: "object", properties: {} },
				strict: true,
			},
		]);
		expect(body.tool_choice).toEqual({
			type: "allowed_tools",
			mode: "required",
			tools: [
				{ type: "function", name: "weather" },
				{ type: "custom", name: "shell" },
			],
		});
		expect(encode({ tool_choice: "required" }).body.tool_choice).toBe("required");
		expect(encode({ tool_choice: { type: "custom", custom: { name: "shell" } } }).body.tool_choice).toEqual({
			type: "custom",
			name: "shell",
		});
	});

	it("without what has no counterpart there and can be missed, which is named", () => {
		const { dropped } = encode({
			seed: 1,
			temperature: 0.5,
			top_p: 0.5,
			presence_penalty: 1,
			frequency_penalty: 1,
			prediction: { type: "content", content: "x" },
		});
		expect(dropped.toSorted()).toEqual([
			"frequency_penalty",
			"prediction",
			"presence_penalty",
			"seed",
			"temperature",
			"top_p",
		]);
		expect(encode({ temperature: 1, top_p: 1, n: 1, logprobs: false, modalities: ["text"] }).dropped).toEqual([]);
	});

	it("unless what has no counterpart there would change the answer's meaning: then it is refused", () => {
		const wishes: Partial<ChatRequest>[] = [
			{ n: 2 },
			{ stop: ["a"] },
			{ logit_bias: { "5": 1 } },
			{ logprobs: true },
			{ modalities: ["text", "audio"] },
			{ web_search_options: {} },
		];
		for (const wish of wishes) {
			expect(refusalOf(() => encode(wish))).toBe(`unsupported_parameter ${Object.keys(wish)[0]}`);
		}
	});

	it("with sampling and log probabilities where the model allows them", () => {
		const free = { ...model, traits: { tools_via_responses: "always" as const } };
		const { body } = openai.chat.encode(
			asking({ temperature: 0.5, top_p: 0.5, logprobs: true, top_logprobs: 3 }),
			free,
		);
		expect(body).toMatchObject({
			temperature: 0.5,
			top_p: 0.5,
			top_logprobs: 3,
			include: ["reasoning.encrypted_content", "message.output_text.logprobs"],
		});
	});

	it("with native fields merged into it, but not those that decide its cost", () => {
		const { body, dropped } = encode({
			extensions: { truncation: "auto", input: "other", max_output_tokens: 9 },
			providerExtensions: { openai: { reasoning: { summary: "detailed" } } },
			reasoning_effort: "high",
		});
		expect(body).toMatchObject({ truncation: "auto", reasoning: { summary: "detailed", effort: "high" } });
		expect(body.input).toHaveLength(1);
		expect(body).not.toHaveProperty("max_output_tokens");
		expect(dropped).toEqual(["input", "max_output_tokens"]);
		expect(refusalOf(() => encode({ providerExtensions: { openai: { max_output_tokens: 9 } } }))).toMatch(
			/openai\.max_output_tokens$/,
		);
	});
});

describe("an answer of the Responses API", () => {
	it("yields summaries as reasoning, encrypted reasoning as blocks, and calls under their call ids", () => {
		expect(collect(stream(fixtures.toolStream))).toMatchObject({
			reasoning: "**Plan** it\n\n**Do** it",
			reasoningDetails: BLOCKS,
			toolCalls: CALLS,
			text: "",
			finish: "tool_calls",
			usage: USAGE,
		});
		expect(decode(fixtures.toolAnswer)).toMatchObject({
			choices: [
				{
					message: {
						content: null,
						reasoning_content: "**Plan** it\n\n**Do** it",
						reasoning_details: BLOCKS,
						tool_calls: CALLS,
					},
					finish_reason: "tool_calls",
				},
			],
			usage: USAGE,
			model: "gpt-6.1-sol-2026-10-01",
		});
	});

	it("cites pages where they stand in the whole text", () => {
		const cited = (text: string, id: string) => {
			const at = { start_index: 1, end_index: 2, url: `https://example.com/${id}`, title: id };
			const part = {
				type: "output_text",
				text,
				annotations: [{ type: "url_citation", ...at }, { type: "file_citation" }],
			};
			return { ...fixtures.messageItem(text, id), content: [part] };
		};
		const items = [cited("One.", "msg_1"), cited("Two.", "msg_2")];
		const citation = (id: string, start: number) => {
			const url_citation = { url: `https://example.com/${id}`, title: id, start_index: start, end_index: start + 1 };
			return { type: "url_citation", url_citation };
		};
		const expected = [citation("msg_1", 1), citation("msg_2", 7)];
		const whole = decode(fixtures.completed(items).response).choices[0]?.message;
		expect(whole).toMatchObject({ content: "One.\n\nTwo.", annotations: expected });
		const done = (output_index: number) => ({
			type: "response.output_item.done",
			output_index,
			item: items[output_index],
		});
		const frames = [
			...fixtures.opening,
			{ type: "response.output_text.delta", output_index: 0, content_index: 0, delta: "One." },
			done(0),
			done(1),
			fixtures.completed(items),
		];
		const deltas = stream(fixtures.events(frames)).flatMap(({ choices }) => choices.map(({ delta }) => delta));
		expect(deltas.map(({ content = "" }) => content).join("")).toBe("One.\n\nTwo.");
		expect(deltas.flatMap(({ annotations = [] }) => annotations)).toEqual(expected);
	});

	it("counts the searches that are billed: not those that open what was found", () => {
		const call = (action: object | undefined) => ({ type: "web_search_call", id: "ws_1", status: "completed", action });
		const items = [
			call({ type: "search", query: "a" }),
			call({ type: "open_page", url: "https://example.com" }),
			call(undefined),
			fixtures.messageItem("Hi"),
		];
		const { response } = fixtures.completed(items);
		expect(decode(response).usage).toMatchObject({ webSearches: 2 });
		const frames = [...fixtures.opening, ...fixtures.messageEvents(3, ["Hi"]), fixtures.completed(items)];
		expect(collect(stream(fixtures.events(frames))).usage).toMatchObject({ webSearches: 2 });
	});

	it("tells who answers at once and at which tier in the end", () => {
		const chunks = stream(fixtures.toolStream);
		expect(chunks[0]).toMatchObject({ model: "gpt-6.1-sol-2026-10-01" });
		expect(chunks.at(-1)).toMatchObject({ service_tier: "priority" });
	});

	it("parts several messages by a blank line", () => {
		const items = [fixtures.messageItem("One.", "msg_1"), fixtures.messageItem("Two.", "msg_2")];
		const frames = [
			...fixtures.opening,
			...fixtures.messageEvents(0, ["One", "."], "msg_1"),
			...fixtures.messageEvents(1, ["Two", "."], "msg_2"),
			fixtures.completed(items),
		];
		expect(collect(stream(fixtures.events(frames)))).toMatchObject({ text: "One.\n\nTwo.", finish: "stop" });
		expect(decode(fixtures.completed(items).response).choices[0]?.message.content).toBe("One.\n\nTwo.");
	});

	it("yields refusals and the input of custom tools", () => {
		expect(collect(stream(fixtures.refusalStream))).toMatchObject({ text: "", refusal: "No.", finish: "stop" });
		expect(decode(fixtures.refusalAnswer).choices[0]?.message).toMatchObject({ content: null, refusal: "No." });
		const call = { id: "call_1", type: "custom", custom: { name: "shell", input: "ls -l" } };
		expect(collect(stream(fixtures.customStream))).toMatchObject({ toolCalls: [call], finish: "tool_calls" });
		expect(decode(fixtures.customAnswer).choices[0]?.message.tool_calls).toEqual([call]);
	});

	it("says what did not stream when its item is done", () => {
		const items = [fixtures.reasoningItem, fixtures.messageItem("Hi"), fixtures.callItem(2, "weather", '{"a":1}')];
		const frames = [
			...fixtures.opening,
			...items.map((item, output_index) => ({ type: "response.output_item.done", output_index, item })),
			fixtures.completed(items),
		];
		expect(collect(stream(fixtures.events(frames)))).toMatchObject({
			reasoning: "**Plan** it\n\n**Do** it",
			reasoningDetails: BLOCKS,
			text: "Hi",
			toolCalls: [{ id: "call_2", function: { name: "weather", arguments: '{"a":1}' } }],
		});
	});

	it("numbers the blocks of several reasoning items through, streamed as whole", () => {
		const items = [fixtures.reasoningItem, { ...fixtures.reasoningItem, id: "rs_2" }, fixtures.messageItem("Hi")];
		const frames = [
			...fixtures.opening,
			...items.map((item, output_index) => ({ type: "response.output_item.done", output_index, item })),
			fixtures.completed(items),
		];
		const blocks = collect(stream(fixtures.events(frames))).reasoningDetails;
		expect(blocks.map(({ id, index }) => `${id} ${index}`)).toEqual([
			"rs_1 0",
			"rs_1 1",
			"rs_1 2",
			"rs_2 3",
			"rs_2 4",
			"rs_2 5",
		]);
		expect(decode(fixtures.completed(items).response).choices[0]?.message.reasoning_details).toEqual(blocks);
	});

	it("ends as cut off when it is incomplete, and says why", () => {
		for (const [reason, finish] of [
			["max_output_tokens", "length"],
			["content_filter", "content_filter"],
			["steered", "length"],
		] as const) {
			expect(collect(stream(fixtures.incompleteStream(reason)))).toMatchObject({ text: "Hel", finish, usage: USAGE });
			expect(decode(fixtures.incomplete(reason)).choices[0]).toMatchObject({ finish_reason: finish });
		}
		expect(decode(fixtures.incomplete("steered")).choices[0]?.native_finish_reason).toBe("steered");
	});

	it("passes log probabilities on", () => {
		const entry = { token: "Hi", bytes: [72, 105], logprob: -0.1, top_logprobs: [] };
		const item = { ...fixtures.messageItem("Hi"), content: [{ type: "output_text", text: "Hi", logprobs: [entry] }] };
		expect(decode(fixtures.completed([item]).response).choices[0]?.logprobs).toEqual({
			content: [entry],
			refusal: null,
		});
		const [chunk] = openai.chat.decoder(asking(), model).push({
			event: "",
			data: JSON.stringify({ type: "response.output_text.delta", output_index: 0, delta: "Hi", logprobs: [entry] }),
		});
		expect(chunk?.choices[0]?.logprobs).toEqual({ content: [entry], refusal: null });
	});

	it("breaks with the error that it failed with, in all its shapes", () => {
		expect(faultOf(() => stream(fixtures.failedStream))).toMatchObject({ kind: "server", message: "It broke." });
		expect(faultOf(() => decode(fixtures.failedAnswer))).toMatchObject({ kind: "server", code: "server_error" });
		for (const text of [fixtures.nestedErrorStream, fixtures.flatErrorStream]) {
			expect(faultOf(() => stream(text))).toMatchObject({ kind: "vendor_quota", code: "insufficient_quota" });
		}
		expect(faultOf(() => decode({ status: "cancelled", output: [] })).kind).toBe("server");
		expect(faultOf(() => decode({ status: "in_progress", output: [] })).kind).toBe("malformed");
	});

	it("is truncated without its last event, and empty without any output", () => {
		const begun = fixtures.events([...fixtures.opening, ...fixtures.messageEvents(0, ["Hel"])]);
		expect(faultOf(() => stream(begun)).kind).toBe("truncated");
		expect(faultOf(() => stream("")).kind).toBe("empty");
		expect(faultOf(() => stream(fixtures.events([...fixtures.opening, fixtures.completed([])]))).kind).toBe("empty");
		expect(faultOf(() => decode(fixtures.completed([]).response)).kind).toBe("empty");
		expect(faultOf(() => decode([])).kind).toBe("malformed");
	});
});

describe("the next turn of a conversation over the Responses API", () => {
	it("returns reasoning, text, calls and results as the items that they were", () => {
		const message = decode(fixtures.toolAnswer).choices[0]?.message;
		const messages: Message[] = [
			{ role: "user", content: "Weather?" },
			{
				role: "assistant",
				content: "I look.",
				tool_calls: message?.tool_calls ?? [],
				reasoning_content: "**Plan** it",
				reasoning_details: [...(message?.reasoning_details ?? [])],
			},
			{ role: "tool", tool_call_id: "call_1", content: "sunny" },
			{ role: "tool", tool_call_id: "call_2", content: [{ type: "text", text: "noon" }] },
		];
		expect(encode({ messages }).body.input).toEqual([
			{ type: "message", role: "user", content: "Weather?" },
			{
				type: "reasoning",
				id: "rs_1",
				summary: fixtures.reasoningItem.summary,
				encrypted_content: "gAAB",
			},
			{ type: "message", role: "assistant", content: [{ type: "output_text", text: "I look." }] },
			{ type: "function_call", call_id: "call_1", name: "weather", arguments: '{"city":"Oslo"}' },
			{ type: "function_call", call_id: "call_2", name: "clock", arguments: "{}" },
			{ type: "function_call_output", call_id: "call_1", output: "sunny" },
			{ type: "function_call_output", call_id: "call_2", output: [{ type: "input_text", text: "noon" }] },
		]);
	});

	it("leaves out other vendors' reasoning, and reasoning that OpenAI could not read again", () => {
		const messages: Message[] = [
			{
				role: "assistant",
				content: [
					{ type: "text", text: "a" },
					{ type: "refusal", refusal: "b" },
				],
				reasoning_details: [
					{ type: "reasoning.text", format: "anthropic-claude-v1", text: "x", signature: "y" },
					{ type: "reasoning.encrypted", format: "google-gemini-v1", data: "z" },
					{ type: "reasoning.summary", format: "openai-responses-v1", id: "rs_9", summary: "alone" },
				],
			},
		];
		expect(encode({ messages }).body.input).toEqual([
			{
				type: "message",
				role: "assistant",
				content: [
					{ type: "output_text", text: "a" },
					{ type: "refusal", refusal: "b" },
				],
			},
		]);
	});

	it("leaves out reasoning that nothing followed from, which OpenAI refuses", () => {
		const messages: Message[] = [{ role: "assistant", content: "", reasoning_details: BLOCKS }];
		expect(encode({ messages }).body.input).toEqual([]);
	});

	it("pairs the results of custom tools, and shortens foreign ids that are too long", () => {
		const id = `x${"0123456789".repeat(8)}`;
		const messages: Message[] = [
			{ role: "assistant", tool_calls: [{ id, type: "custom", custom: { name: "shell", input: "ls" } }] },
			{ role: "tool", tool_call_id: id, content: "a b" },
		];
		const call_id = id.slice(-64);
		expect(encode({ messages }).body.input).toEqual([
			{ type: "custom_tool_call", call_id, name: "shell", input: "ls" },
			{ type: "custom_tool_call_output", call_id, output: "a b" },
		]);
	});
});

describe("any answer over the Responses API", () => {
	const pieces = fc.array(fc.string({ minLength: 1 }), { maxLength: 4 });
	const item = fc.oneof(
		pieces.map((parts) => ({ parts, name: null })),
		fc.record({
			parts: fc.json().map((text) => [...text.matchAll(/.{1,3}/gs)].map(([part]) => part)),
			name: fc.stringMatching(/^[a-z]{1,9}$/),
		}),
	);

	it("says the same streamed in any pieces as whole", () => {
		fc.assert(
			fc.property(fc.array(item, { minLength: 1, maxLength: 4 }), (items) => {
				const streamed = items.flatMap(({ parts, name }, n) =>
					name === null ? fixtures.messageEvents(n, parts, `msg_${n}`) : fixtures.callEvents(n, name, parts),
				);
				const output = items.map(({ parts, name }, n) =>
					name === null ? fixtures.messageItem(parts.join(""), `msg_${n}`) : fixtures.callItem(n, name, parts.join("")),
				);
				const end = fixtures.completed(output);
				const whole = decode(end.response);
				const folded = collect(stream(fixtures.events([...fixtures.opening, ...streamed, end])));
				expect(folded.text).toBe(whole.choices[0]?.message.content ?? "");
				expect(folded.toolCalls).toEqual(whole.choices[0]?.message.tool_calls ?? []);
				expect(folded.finish).toBe(whole.choices[0]?.finish_reason);
				expect(folded.usage).toEqual(whole.usage);
			}),
		);
	});
});
