import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ImagePart, Message, ToolCall, UserPart } from "#core/chat/chat";
import { GatewayError } from "#core/errors";
import { normalType, normalUrl, readDataUrl } from "#providers/shared/media";
import { ADAPTERS, chat, MODELS, send } from "#test/unit/simulator/exchange";
import { modelOf, refusalOf } from "./native";

const DATA = "iVBORw0KGgo=";
const image = (url: string): ImagePart => ({ type: "image_url", image_url: { url } });
const user = (part: UserPart): Message[] => [{ role: "user", content: [{ type: "text", text: "See" }, part] }];

/** A model that sees at each provider, over each of its protocols. */
const SEEING = [
	["openai", "gpt-4.1", {}],
	["openai", "gpt-6-astra", { tools: [{ type: "function", function: { name: "f" } }] }],
	["anthropic", "claude-sonnet-5-5", {}],
	["gemini", "gemini-3.8-flash", {}],
	["deepseek", "deepseek-flash", {}],
	["openrouter", "openai/gpt-6.1-terra", {}],
	["workers-ai", "@cf/meta/llama-4-scout-17b-16e-instruct", {}],
	["acme", "any-model", {}],
] as const;

function encode(provider: string, id: string, messages: Message[], more: object = {}): string {
	const model = MODELS.find((one) => one.provider === provider && one.id === id) ?? modelOf(provider, id);
	return JSON.stringify(ADAPTERS[provider]?.chat.encode(chat(messages, more), model).body);
}

describe("a media type", () => {
	it.each([
		["image/jpg", "image/jpeg"],
		["IMAGE/JPG", "image/jpeg"],
		["Image/PNG ", "image/png"],
		["audio/x-wav", "audio/wav"],
		["image/webp", "image/webp"],
	])("%s is %s", (written, known) => {
		expect(normalType(written)).toBe(known);
	});
});

describe("a data URL", () => {
	it.each([
		[`data:image/png;base64,${DATA}`, "image/png", DATA],
		[`DATA:Image/JPG;BASE64,${DATA}`, "image/jpeg", DATA],
		[`data:image/png;name=a.png;Base64,${DATA}`, "image/png", DATA],
		["data:text/plain;charset=utf-8,gr%C3%BC", "text/plain", btoa("gr\xc3\xbc")],
		[`data:;base64,${DATA}`, "text/plain", DATA],
	])("%s is read by its type and content", (url, mimeType, data) => {
		expect(readDataUrl(url, "p")).toEqual({ mimeType, data });
		expect(normalUrl(url, "p")).toBe(`data:${mimeType};base64,${data}`);
	});

	it.each(["data:image/png;base64,", "data:image/png;base64", "DATA:,%E0%A4%A"])("%s cannot be read", (url) => {
		expect(refusalOf(() => readDataUrl(url, "p"))).toBe("invalid_request p");
		expect(refusalOf(() => normalUrl(url, "p"))).toBe("invalid_request p");
	});

	it("is normal once it was made so, and other links stay as they are", () => {
		const url = fc.oneof(
			fc.webUrl(),
			fc
				.tuple(fc.constantFrom("data:", "Data:"), fc.constantFrom("", "IMAGE/jpg", "a/b"), fc.base64String())
				.map(([scheme, type, data]) => `${scheme}${type};BASE64,${data}AAAA`),
		);
		fc.assert(
			fc.property(url, (given) => {
				const once = normalUrl(given, "p");
				expect(normalUrl(once, "p")).toBe(once);
				if (!/^data:/i.test(given)) expect(once).toBe(given);
				else expect(readDataUrl(once, "p")).toEqual(readDataUrl(given, "p"));
			}),
		);
	});
});

describe.each(SEEING)("%s/%s", (provider, id, more) => {
	it("gets an image by the type that vendors know, however its sender wrote it", () => {
		const plain = encode(provider, id, user(image(`data:image/jpeg;base64,${DATA}`)), more);
		expect(plain).toContain("image/jpeg");
		for (const url of [`data:image/jpg;base64,${DATA}`, `DATA:IMAGE/JPEG;BASE64,${DATA}`]) {
			expect(encode(provider, id, user(image(url)), more)).toBe(plain);
		}
	});

	it("gets the image of a tool's result so, too", () => {
		const call: ToolCall = { id: "a", type: "function", function: { name: "f", arguments: "{}" } };
		const turns = (url: string): Message[] => [
			{ role: "user", content: "Look" },
			{ role: "assistant", tool_calls: [call] },
			{ role: "tool", tool_call_id: "a", content: [image(url)] },
		];
		const tools = { tools: [{ type: "function", function: { name: "f" } }] };
		expect(encode(provider, id, turns(`DATA:image/jpg;base64,${DATA}`), tools)).toBe(
			encode(provider, id, turns(`data:image/jpeg;base64,${DATA}`), tools),
		);
	});
});

describe("a type that a vendor does not take", () => {
	const REFUSED: [provider: string, id: string, part: UserPart, param: string, type: string][] = [
		["openai", "gpt-4.1", image(`data:image/TIFF;base64,${DATA}`), "image_url.url", "image/tiff"],
		["openrouter", "openai/gpt-6.1-terra", image(`data:image/heic;base64,${DATA}`), "image_url.url", "image/heic"],
		["anthropic", "claude-sonnet-5-5", image(`data:image/bmp;base64,${DATA}`), "image_url.url", "image/bmp"],
		[
			"anthropic",
			"claude-sonnet-5-5",
			image(`data:application/pdf;base64,${DATA}`),
			"image_url.url",
			"application/pdf",
		],
		[
			"anthropic",
			"claude-sonnet-5-5",
			{ type: "file", file: { file_data: `data:application/zip;base64,${DATA}` } },
			"file.file_data",
			"application/zip",
		],
		["gemini", "gemini-3.8-flash", image(`data:image/gif;base64,${DATA}`), "image_url.url", "image/gif"],
		["gemini", "gemini-3.8-flash", image("https://example.org/a.gif"), "image_url.url", "image/gif"],
		[
			"gemini",
			"gemini-3.8-flash",
			{ type: "input_audio", input_audio: { data: "UklG", format: "amr" } },
			"input_audio.format",
			"audio/amr",
		],
		[
			"gemini",
			"gemini-3.8-flash",
			{ type: "file", file: { file_data: `data:application/zip;base64,${DATA}` } },
			"file.file_data",
			"application/zip",
		],
	];

	it.each(REFUSED)("is refused for %s/%s by its name", (provider, id, part, param, type) => {
		try {
			encode(provider, id, user(part));
			expect.unreachable();
		} catch (error) {
			if (!(error instanceof GatewayError)) throw error;
			expect(error.details).toMatchObject({
				status: 400,
				code: "unsupported_parameter",
				param: `messages[0].content[1].${param}`,
			});
			expect(error.details.message).toContain(`\`${type}\``);
			expect(error.details.message).toContain(`${provider}/${id}`);
			expect(error.details.message).toContain("image/png");
		}
	});

	it("is refused in OpenAI's Responses, too", () => {
		const tools = { tools: [{ type: "function", function: { name: "f" } }] };
		const tiff = user(image(`data:image/tiff;base64,${DATA}`));
		expect(refusalOf(() => encode("openai", "gpt-6-astra", tiff, tools))).toBe(
			"unsupported_parameter messages[0].content[1].image_url.url",
		);
	});

	const TYPES = ["image/png", "image/jpg", "image/gif", "image/webp", "image/heic", "image/tiff", "image/svg+xml"];
	it.each(
		MODELS.filter(({ input }) => input.includes("image")).map((model) => [`${model.provider}/${model.id}`, model]),
	)("never reaches %s", (_, model) => {
		if (typeof model === "string") throw new Error("not a model");
		// The simulator refuses what the vendor refuses.
		for (const type of TYPES) send(model, chat(user(image(`data:${type};base64,${DATA}`))));
	});
});
