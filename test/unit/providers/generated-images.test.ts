import { describe, expect, it } from "vitest";
import type { AssistantReply, ChatRequest, GeneratedImage, Message } from "#core/chat/chat";
import type { JsonObject } from "#lib/json";
import { boundOf } from "#metering/bound";
import type { UpstreamCall } from "#providers/adapter";
import { outputLimitOf } from "#providers/shared/output-limit";
import { sign } from "#simulator/model/signature";
import { SIGNED_PICTURE } from "#simulator/wire/gemini/history";
import { ADAPTERS, chat, MODELS, send } from "#test/unit/simulator/exchange";
import { collect } from "./collect";
import { feed, modelOf } from "./native";

const DATA = "iVBORw0KGgo=";
const URL = `data:image/png;base64,${DATA}`;
const PLACEHOLDER = "(The assistant answered with a picture.)";
const DROPPED = "messages[].images";
const LEVEL = "gemini-3.8-flash";
const picture = (signature?: string, url = URL): GeneratedImage => ({
	type: "image_url",
	image_url: { url },
	...(signature !== undefined && { extra_content: { google: { thought_signature: signature } } }),
});

/** Two turns with pictures, the second with nothing else. */
const drawn = (...images: unknown[]): Message[] => [
	{ role: "user", content: "Draw Oslo." },
	{ role: "assistant", content: "Here it is.", images },
	{ role: "user", content: "Once more." },
	{ role: "assistant", content: null, images },
	{ role: "user", content: "Now with snow." },
];

function encode(provider: string, id: string, messages: Message[], more: Partial<ChatRequest> = {}): UpstreamCall {
	const model = MODELS.find((one) => one.provider === provider && one.id === id) ?? modelOf(provider, id);
	const call = ADAPTERS[provider]?.chat.encode(chat(messages, more), model);
	if (call === undefined) throw new Error(`no adapter for ${provider}`);
	return call;
}

const contents = (call: UpstreamCall) => call.body.contents as { role: string; parts: JsonObject[] }[];

describe("pictures that a model made, back at Gemini", () => {
	const inlineData = { mimeType: "image/png", data: DATA };

	it("are its own parts again, with their signatures", () => {
		const call = encode("gemini", LEVEL, drawn(picture("c2ln"), picture("b3RoZXI=")));
		expect(contents(call).map(({ role }) => role)).toEqual(["user", "model", "user", "model", "user"]);
		const pictures = [
			{ inlineData, thoughtSignature: "c2ln" },
			{ inlineData, thoughtSignature: "b3RoZXI=" },
		];
		expect(contents(call)[1]?.parts).toEqual([{ text: "Here it is." }, ...pictures]);
		expect(contents(call)[3]?.parts).toEqual(pictures);
		expect(call.dropped).toEqual([]);
	});

	it("have the stand-in for a signature that is lost, where one is demanded", () => {
		const stand = { inlineData, thoughtSignature: "skip_thought_signature_validator" };
		expect(contents(encode("gemini", LEVEL, drawn(picture())))[3]?.parts).toEqual([stand]);
		expect(contents(encode("gemini", "gemini-2.5-pro", drawn(picture())))[3]?.parts).toEqual([{ inlineData }]);
	});

	it("are taken by the vendor, with a signature of its own and with the stand-in, and not with another's", () => {
		const model = modelOf("gemini", LEVEL);
		for (const signature of [undefined, sign(LEVEL, SIGNED_PICTURE)]) {
			expect(send(model, chat(drawn(picture(signature))))).not.toBeNull();
		}
		expect(() => send(model, chat(drawn(picture(sign("another", SIGNED_PICTURE)))))).toThrow();
	});

	it("are named and replaced where Gemini does not read them", () => {
		for (const image of [
			picture("c2ln", `data:image/gif;base64,${DATA}`),
			picture("c2ln", "blob:x"),
			{ type: "b64" },
			7,
		]) {
			const call = encode("gemini", LEVEL, drawn(image));
			expect(call.dropped).toEqual([DROPPED]);
			expect(contents(call)[1]?.parts).toEqual([{ text: "Here it is." }]);
			expect(contents(call)[3]?.parts).toEqual([{ text: PLACEHOLDER }]);
		}
		const half = encode("gemini", LEVEL, drawn(picture("c2ln"), 7));
		expect(half.dropped).toEqual([DROPPED]);
		expect(contents(half)[3]?.parts).toEqual([{ inlineData, thoughtSignature: "c2ln" }]);
	});

	it("come back as they were answered, from a whole answer and from a stream", () => {
		const parts = [
			{ text: "Here it is.", thoughtSignature: "dGV4dA==" },
			{ inlineData, thoughtSignature: "c2ln" },
		];
		const answer = { candidates: [{ index: 0, content: { role: "model", parts }, finishReason: "STOP" }] };
		const model = modelOf("gemini", LEVEL);
		const adapter = ADAPTERS.gemini;
		const whole = adapter?.chat.decode(answer, chat([]), model).choices[0]?.message as AssistantReply;
		const chunks = feed(adapter?.chat.decoder(chat([]), model) as never, `data: ${JSON.stringify(answer)}\n\n`);
		const { text, reasoningDetails } = collect(chunks);
		const images = chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.images ?? []));
		const streamed = { role: "assistant" as const, content: text, reasoning_details: reasoningDetails, images };
		const { refusal: _, audio: _none, ...answered } = whole;
		for (const message of [answered, streamed]) {
			expect(message.images).toEqual([picture("c2ln")]);
			const again = encode("gemini", LEVEL, [
				{ role: "user", content: "Draw." },
				message,
				{ role: "user", content: "?" },
			]);
			expect(contents(again)[1]).toEqual({ role: "model", parts });
		}
	});
});

describe("pictures that a model made, back at OpenRouter", () => {
	it("are its own field again for a model that sees", () => {
		const { body, dropped } = encode("openrouter", "google/gemini-3.5-flash", drawn(picture("c2ln")));
		const messages = body.messages as JsonObject[];
		expect(messages[1]).toMatchObject({ content: "Here it is.", images: [picture()] });
		expect(messages[3]).toMatchObject({ content: "", images: [picture()] });
		expect(JSON.stringify(messages)).not.toContain("extra_content");
		expect(dropped).toEqual([]);
	});

	it("are held for as images, not by their bytes", () => {
		const model = modelOf("openrouter", "google/gemini-3.5-flash");
		const inputOf = (url: string) => {
			const request = chat(drawn(picture(undefined, url)), { max_completion_tokens: 100 });
			const call = encode("openrouter", model.id, request.messages, request);
			return boundOf({ ...call, request, outputLimit: outputLimitOf(call.body) }, model, 0)?.inputTokens;
		};
		expect(inputOf(`data:image/png;base64,${"A".repeat(400_000)}`)).toBe(inputOf(URL));
	});
});

const TOOLS: Partial<ChatRequest> = { tools: [{ type: "function", function: { name: "f" } }] };

describe.each<[string, string, Partial<ChatRequest>]>([
	["openai", "gpt-4.1", {}],
	["openai", "gpt-6-astra", TOOLS],
	["anthropic", "claude-sonnet-5-5", {}],
	["deepseek", "deepseek-flash", {}],
	["openrouter", "openai/gpt-oss-120b", {}],
	["siliconflow", "openai/gpt-oss-120b", {}],
	["workers-ai", "@cf/openai/gpt-oss-20b", {}],
	["workers-ai", "@cf/meta/llama-3.3-70b-instruct-fp8-fast", {}],
	["acme", "any-model", {}],
])("pictures that a model made, at %s/%s, which takes none back", (provider, id, more) => {
	it("are named, and no turn vanishes", () => {
		const { body, dropped } = encode(provider, id, drawn(picture("c2ln")), more);
		expect(dropped.filter((field) => field === DROPPED)).toHaveLength(1);
		const turns = (body.messages ?? body.input) as { role: string }[];
		expect(turns.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant", "user"]);
		expect(JSON.stringify(turns[1])).toContain("Here it is.");
		expect(JSON.stringify(turns[1])).not.toContain(PLACEHOLDER);
		expect(JSON.stringify(turns[3])).toContain(PLACEHOLDER);
		expect(JSON.stringify(body)).not.toContain(DATA);
		expect(JSON.stringify(body)).not.toContain('"images"');
	});

	it("need no placeholder beside calls, and are not named where there are none", () => {
		const messages: Message[] = [
			{ role: "user", content: "Go" },
			{
				role: "assistant",
				images: [picture()],
				tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
			},
			{ role: "tool", tool_call_id: "a", content: "x" },
		];
		expect(JSON.stringify(encode(provider, id, messages, more).body)).not.toContain(PLACEHOLDER);
		const bare = encode(
			provider,
			id,
			[...messages.slice(0, 1), { role: "assistant", content: "a", images: [] }, { role: "user", content: "b" }],
			{},
		);
		expect(bare.dropped).not.toContain(DROPPED);
		expect(JSON.stringify(bare.body)).not.toContain('"images"');
	});
});
