import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import { parseChat } from "#faces/openai-chat/parse";

const providerNamed = (field: string) => ({ gemini: "gemini", google: "gemini", openai: "openai" })[field];
const parse = (body: unknown) => parseChat(body, providerNamed);
const hello = { model: "m", messages: [{ role: "user", content: "hi" }] };

function refusal(body: unknown): GatewayError["details"] {
	try {
		parse(body);
	} catch (error) {
		if (error instanceof GatewayError) return error.details;
		throw error;
	}
	throw new Error("was accepted");
}

describe("parseChat", () => {
	it("takes the mission's own body: a provider and no model", () => {
		const {
			request,
			preference: wanted,
			style,
		} = parse({
			provider: "openai",
			messages: [{ role: "user", content: "Hello AI!" }],
		});
		expect(wanted).toEqual({ provider: "openai" });
		expect(request).toEqual({
			messages: [{ role: "user", content: "Hello AI!" }],
			stream: false,
			extensions: {},
			providerExtensions: {},
		});
		expect(style).toEqual({ includeUsage: false, functionCall: false });
	});

	it("reads OpenRouter's preferences, and refuses one that it cannot honour instead of dropping it", () => {
		const preferring = (provider: unknown) => ({ ...hello, provider });
		const provider = {
			order: ["openai"],
			sort: "price",
			allow_fallbacks: false,
			max_price: { prompt: "0.5", completion: 2 },
			data_collection: "allow",
			only: null,
		};
		expect(parse(preferring(provider)).preference.provider).toEqual({
			order: ["openai"],
			sort: "price",
			allow_fallbacks: false,
			max_price: { prompt: 0.5, completion: 2 },
			data_collection: "allow",
		});
		const refused: [unknown, string][] = [
			[{ data_collection: "deny" }, "provider.data_collection"],
			[{ zdr: true }, "provider.zdr"],
			[{ quantizations: ["fp8"] }, "provider.quantizations"],
			[{ max_price: { prompt: -1 } }, "provider.max_price.prompt"],
			[{ max_price: { prompt: "cheap" } }, "provider.max_price.prompt"],
			[{ max_price: { image: 1 } }, "provider.max_price.image"],
			[{ sort: "mood" }, "provider.sort"],
			[{ order: "openai" }, "provider.order"],
			[7, "provider"],
			["", "provider"],
		];
		for (const [preference, param] of refused) {
			expect(refusal(preferring(preference))).toMatchObject({ status: 400, param });
		}
	});

	it("treats null as absent, but keeps it inside JSON schemas", () => {
		const schema = { type: "object", properties: { a: { enum: ["x", null], default: null } } };
		const { request } = parse({
			...hello,
			temperature: null,
			stop: null,
			stream_options: null,
			max_tokens: null,
			tools: [{ type: "function", function: { name: "f", description: null, parameters: schema } }],
			messages: [
				{ role: "user", content: [{ type: "text", text: "hi", cache_control: null }], name: null },
				{ role: "assistant", content: null, refusal: null, tool_calls: null, function_call: null },
			],
		});
		expect(request.temperature).toBeUndefined();
		expect(request.tools?.[0]).toEqual({ type: "function", function: { name: "f", parameters: schema } });
		expect(request.messages).toEqual([
			{ role: "user", content: [{ type: "text", text: "hi" }] },
			{ role: "assistant" },
		]);
	});

	it("treats null as absent deep down as well, and takes a call without arguments for one with none", () => {
		const schema = { properties: { a: { default: null } } };
		const call = (fields: object) => ({ id: "c", type: "function", function: { name: "f", ...fields } });
		const { request } = parse({
			...hello,
			response_format: { type: "json_schema", json_schema: { name: "s", strict: null, description: null, schema } },
			messages: [
				{ role: "user", content: [{ type: "image_url", image_url: { url: "https://x.test/a.png", detail: null } }] },
				{ role: "assistant", tool_calls: [call({ arguments: null }), call({ arguments: '{"a":null}' })] },
			],
		});
		expect(request.response_format).toEqual({ type: "json_schema", json_schema: { name: "s", schema } });
		expect(request.messages).toEqual([
			{ role: "user", content: [{ type: "image_url", image_url: { url: "https://x.test/a.png" } }] },
			{ role: "assistant", tool_calls: [call({ arguments: "{}" }), call({ arguments: '{"a":null}' })] },
		]);
	});

	it("accepts both spellings of the output limit; the newer one wins", () => {
		expect(parse({ ...hello, max_tokens: 5 }).request.max_completion_tokens).toBe(5);
		expect(parse({ ...hello, max_tokens: 5, max_completion_tokens: 7 }).request.max_completion_tokens).toBe(7);
	});

	it("makes stop a list and the end user one field", () => {
		const { request } = parse({ ...hello, stop: "END", user: "u1", safety_identifier: "s1" });
		expect(request.stop).toEqual(["END"]);
		expect(request.user).toBe("s1");
		expect(request.extensions).toEqual({});
	});

	it("keeps unknown fields, and a provider's own parameters apart from them", () => {
		const { request } = parse({ ...hello, top_k: 3, google: { cachedContent: "c" }, openai: "a string" });
		expect(request.extensions).toEqual({ top_k: 3, openai: "a string" });
		expect(request.providerExtensions).toEqual({ gemini: { cachedContent: "c" } });
	});

	it("maps functions, function_call and the function role onto tools", () => {
		const { request, style } = parse({
			model: "m",
			functions: [{ name: "f", parameters: { type: "object" } }],
			function_call: { name: "f" },
			messages: [
				{ role: "user", content: "q" },
				{ role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
				{ role: "function", name: "f", content: "42" },
			],
		});
		expect(style.functionCall).toBe(true);
		expect(request.tools).toEqual([{ type: "function", function: { name: "f", parameters: { type: "object" } } }]);
		expect(request.tool_choice).toEqual({ type: "function", function: { name: "f" } });
		expect(request.messages.slice(1)).toEqual([
			{ role: "assistant", tool_calls: [{ id: "call_1", type: "function", function: { name: "f", arguments: "{}" } }] },
			{ role: "tool", tool_call_id: "call_1", content: "42" },
		]);
	});

	it.each([
		[[], undefined],
		[{ model: "m" }, "messages"],
		[{ ...hello, messages: [] }, "messages"],
		[{ ...hello, messages: [{ role: "robot", content: "" }] }, "messages[0].role"],
		[{ ...hello, messages: [{ role: "user", content: [{ type: "text" }] }] }, "messages[0].content[0].text"],
		[{ ...hello, messages: [{ role: "user", content: [{ type: "smell" }] }] }, "messages[0].content[0].type"],
		[{ ...hello, messages: [{ role: "user" }] }, "messages[0].content"],
		[{ ...hello, temperature: "hot" }, "temperature"],
		[{ ...hello, temperature: 3 }, "temperature"],
		[{ ...hello, max_tokens: 0 }, "max_tokens"],
		[{ ...hello, max_tokens: 1_000_000_001 }, "max_tokens"],
		[{ ...hello, max_completion_tokens: Number.MAX_SAFE_INTEGER }, "max_completion_tokens"],
		[{ ...hello, max_tokens: 1e300 }, "max_tokens"],
		[{ ...hello, n: 1.5 }, "n"],
		[{ ...hello, stop: ["a", "b", "c", "d", "e"] }, "stop"],
		[{ ...hello, stream: "yes" }, "stream"],
		[{ ...hello, stream_options: { include_usage: true } }, "stream_options"],
		[{ ...hello, top_logprobs: 2 }, "top_logprobs"],
		[{ ...hello, tool_choice: "required" }, "tool_choice"],
		[{ ...hello, tools: [{ type: "function", function: {} }] }, "tools[0].function.name"],
		[{ ...hello, response_format: { type: "xml" } }, "response_format.type"],
		[{ ...hello, provider: 3 }, "provider"],
	])("refuses %j and names %s", (body, param) => {
		const details = refusal(body);
		expect(details.status).toBe(400);
		expect(details.type).toBe("invalid_request_error");
		expect(details.param).toBe(param);
		if (param !== undefined) expect(details.message).toContain(param);
	});

	it("reads reasoning under both of its names, and takes the caller's own word where both are there", () => {
		const turn = (fields: object) =>
			parse({ ...hello, messages: [{ role: "assistant", content: "x", ...fields }] }).request.messages[0];
		expect(turn({ reasoning: "hm" })).toEqual({ role: "assistant", content: "x", reasoning_content: "hm" });
		expect(turn({ reasoning: "hm", reasoning_content: "so" })).toMatchObject({ reasoning_content: "so" });
		expect(turn({ reasoning: null })).toEqual({ role: "assistant", content: "x" });
	});

	it("takes the pictures of an assistant's turn, whatever a server made of them", () => {
		const turn = (images: unknown) => ({ ...hello, messages: [{ role: "assistant", content: "Here", images }] });
		const images = [{ type: "image_url", image_url: { url: "https://x.test/a.png" }, index: 0 }, { b64_json: "AAAA" }];
		expect(parse(turn(images)).request.messages).toEqual([{ role: "assistant", content: "Here", images }]);
		expect(parse(turn(null)).request.messages).toEqual([{ role: "assistant", content: "Here" }]);
		expect(() => parse(turn("a.png"))).toThrow(/images/);
	});

	it("takes images and files in tool results, and no sound", () => {
		const result = (part: object) => ({ ...hello, messages: [{ role: "tool", tool_call_id: "c", content: [part] }] });
		const image = { type: "image_url", image_url: { url: "https://x.test/a.png", detail: null } };
		expect(parse(result(image)).request.messages).toEqual([
			{
				role: "tool",
				tool_call_id: "c",
				content: [{ type: "image_url", image_url: { url: "https://x.test/a.png" } }],
			},
		]);
		expect(parse(result({ type: "file", file: { file_data: "data:,x" } })).request.messages).toHaveLength(1);
		const sound = { type: "input_audio", input_audio: { data: "AA==", format: "wav" } };
		expect(refusal(result(sound)).param).toBe("messages[0].content[0].type");
	});

	it("never repeats what the caller sent in a message", () => {
		expect(refusal({ ...hello, messages: [{ role: "secret-content", content: "x" }] }).message).not.toContain("secret");
		expect(refusal({ ...hello, temperature: "secret-content" }).message).not.toContain("secret");
	});

	it("throws nothing but its own error, whatever JSON comes", () => {
		fc.assert(
			fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), fc.string(), (value, other, field) => {
				for (const body of [value, { ...hello, [field]: value }, { model: "m", messages: [value, other] }]) {
					try {
						parse(body);
					} catch (error) {
						expect(error).toBeInstanceOf(GatewayError);
					}
				}
			}),
		);
	});
});

describe("names that end in the books", () => {
	const long = (length: number) => "m".repeat(length);
	const names = (count: number) => Array.from({ length: count }, (_, at) => `m${at}`);

	it.each([
		["model", { model: long(257) }, "model"],
		["a model of models", { models: ["m", long(257)] }, "models[1]"],
		["one model too many", { models: names(33) }, "models"],
		["a provider", { provider: long(257) }, "provider"],
		["a provider in a preference", { provider: { only: [long(257)] } }, "provider.only[0]"],
		["user", { user: `${"\u4f60".repeat(170)}abc` }, "user"],
		["safety_identifier", { safety_identifier: long(513) }, "safety_identifier"],
	])("are refused when they are too long: %s", (_, more, param) => {
		const { status, code, message, param: named } = refusal({ ...hello, ...more });
		expect({ status, code, param: named }).toEqual({ status: 400, code: "invalid_request", param });
		expect(message).toMatch(/must have at most \d+ (characters|bytes|entries)/);
		expect(message.length).toBeLessThan(200);
	});

	it("are taken up to their limits", () => {
		const user = `${"\u4f60".repeat(170)}ab`;
		const models = [...names(31), long(256)];
		const { preference: wanted, request } = parse({ ...hello, model: long(256), models, user, provider: long(256) });
		expect(wanted).toEqual({ model: long(256), models, provider: long(256) });
		expect(request.user).toBe(user);
	});
});

describe("what is refused", () => {
	it.each([
		[
			{ messages: "Hi" },
			'`messages` must be an array of messages, such as [{"role":"user","content":"Hello"}]; it is a string of 2 characters',
		],
		[{ model: "" }, "`model` must not be empty"],
		[{ model: 5 }, '`model` must be a string, such as "text"; it is 5'],
		[{ temperature: 3 }, "`temperature` must be 2 or less; it is 3"],
		[{ max_tokens: 0.5 }, "`max_tokens` must be a whole number, such as 1; it is 0.5"],
		[
			{ messages: [{ role: "user", content: [{ type: "text", text: 1 }] }] },
			'`messages[0].content[0].text` must be a string, such as "text"; it is 1',
		],
	])("is told of in words for people: %j", (more, words) => {
		expect(refusal({ ...hello, ...more }).message).toBe(`[gateway] ${words}`);
	});
});
