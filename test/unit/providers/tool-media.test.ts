import { describe, expect, it } from "vitest";
import type { Message, ToolCall } from "#core/chat/chat";
import { boundOf } from "#metering/bound";
import { requirementsOf } from "#operations/chat/requirements";
import { openaiCompatible } from "#providers/openai-chat/index";
import { outputLimitOf } from "#providers/shared/output-limit";
import { ADAPTERS, chat, MODELS } from "#test/unit/simulator/exchange";
import { modelOf } from "./native";

const DATA = "iVBORw0KGgo=";
const image = { type: "image_url", image_url: { url: `data:image/png;base64,${DATA}` } } as const;
const LEAD = { type: "text", text: "(This is part of the tool's result.)" };
const call = (id: string): ToolCall => ({ id, type: "function", function: { name: "look", arguments: "{}" } });
const MESSAGES: Message[] = [
	{ role: "user", content: "Look twice." },
	{ role: "assistant", tool_calls: [call("a"), call("b")] },
	{ role: "tool", tool_call_id: "a", content: [{ type: "text", text: "one" }, image] },
	{ role: "tool", tool_call_id: "b", content: [image] },
];
const request = chat(MESSAGES, { tools: [{ type: "function", function: { name: "look" } }] });
const sent = (provider: string, id: string, messages = MESSAGES) =>
	ADAPTERS[provider]?.chat.encode({ ...request, messages }, modelOf(provider, id)).body as Record<string, unknown[]>;

describe("an image in a tool's result", () => {
	it("stays there with Anthropic", () => {
		const source = { type: "base64", media_type: "image/png", data: DATA };
		expect(sent("anthropic", "claude-sonnet-5-5").messages?.at(-1)).toEqual({
			role: "user",
			content: [
				{
					type: "tool_result",
					tool_use_id: "a",
					content: [
						{ type: "text", text: "one" },
						{ type: "image", source },
					],
				},
				{ type: "tool_result", tool_use_id: "b", content: [{ type: "image", source }] },
			],
		});
	});

	it("stays there in OpenAI's Responses", () => {
		const input = { type: "input_image", image_url: image.image_url.url, detail: "auto" };
		expect(sent("openai", "gpt-6-astra").input?.slice(-2)).toEqual([
			{ type: "function_call_output", call_id: "a", output: [{ type: "input_text", text: "one" }, input] },
			{ type: "function_call_output", call_id: "b", output: [input] },
		]);
	});

	it.each([
		["openai", "gpt-4.1"],
		["deepseek", "deepseek-flash"],
		["openrouter", "openai/gpt-oss-120b"],
		["workers-ai", "@cf/meta/llama-4-scout-17b-16e-instruct"],
	])("follows the results in a user turn at %s, for %s", (provider, id) => {
		const messages = sent(provider, id).messages as { role: string; content: unknown }[];
		expect(messages.slice(-3).map(({ role }) => role)).toEqual(["tool", "tool", "user"]);
		const [one, two, user] = messages.slice(-3);
		expect(JSON.stringify([one?.content, two?.content])).not.toContain(DATA);
		expect(JSON.stringify(one?.content)).toContain("one");
		expect(JSON.stringify(two?.content)).toContain("(The result follows in the next message.)");
		expect(user?.content).toEqual([LEAD, image, LEAD, image]);
	});

	it("follows the results in a content of its own at Gemini", () => {
		const contents = sent("gemini", "gemini-3.8-flash").contents as { role: string; parts: object[] }[];
		const inlineData = { mimeType: "image/png", data: DATA };
		expect(contents.at(-2)?.parts).toHaveLength(2);
		expect(contents.at(-1)).toEqual({
			role: "user",
			parts: [{ text: LEAD.text }, { inlineData }, { text: LEAD.text }, { inlineData }],
		});
	});

	it("begins the user's turn where one follows, and stands before the assistant's", () => {
		const { body } = openaiCompatible.chat.encode(
			chat([
				...MESSAGES,
				{ role: "user", content: "Well?" },
				{ role: "assistant", content: "Hm." },
				{ role: "assistant", tool_calls: [call("c")] },
				{ role: "tool", tool_call_id: "c", content: [image] },
				{ role: "assistant", content: "So." },
			]),
			modelOf("openrouter", "openai/gpt-oss-120b"),
		);
		const roles = (body.messages as { role: string }[]).map(({ role }) => role);
		expect(roles.slice(2)).toEqual(["tool", "tool", "user", "assistant", "assistant", "tool", "user", "assistant"]);
		expect(body.messages).toContainEqual({
			role: "user",
			content: [LEAD, image, LEAD, image, { type: "text", text: "Well?" }],
		});
	});

	it("asks for a model that can see, as a file does for one that reads documents", () => {
		expect([...requirementsOf(request).input]).toEqual(["image"]);
		const file = { type: "file", file: { file_data: "data:application/pdf;base64,JVBERi0=" } } as const;
		const reading = chat([{ role: "tool", tool_call_id: "a", content: [file] }]);
		expect([...requirementsOf(reading).input]).toEqual(["pdf"]);
	});

	it("is held for as an image wherever it is, not by its bytes", () => {
		const large = { type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(400_000)}` } } as const;
		const seeing = MODELS.filter(({ input, tools }) => input.includes("image") && tools);
		for (const model of seeing) {
			const bound = (shown: typeof image | typeof large) => {
				const asked = {
					...request,
					max_completion_tokens: 100,
					messages: [...MESSAGES.slice(0, 3), { role: "tool", tool_call_id: "b", content: [shown] } as Message],
				};
				const upstream = ADAPTERS[model.provider]?.chat.encode(asked, model);
				if (upstream === undefined) throw new Error(`no adapter for ${model.provider}`);
				const encoded = { ...upstream, request: asked, outputLimit: outputLimitOf(upstream.body) };
				return boundOf(encoded, model, Date.parse("2026-11-24T15:00:00Z"))?.inputTokens;
			};
			expect([model.id, bound(large)]).toEqual([model.id, bound(image)]);
		}
	});
});
