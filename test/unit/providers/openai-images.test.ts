import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import { UpstreamError } from "#core/fault";
import type { ImagesRequest } from "#core/images/images";
import { images } from "#operations/images/index";
import { openaiImages } from "#providers/openai-images/index";

const MODEL = BUILT_IN_MODELS.find(({ id }) => id === "gpt-image-2");
if (MODEL === undefined) throw new Error("the catalog has no gpt-image-2");
const model = MODEL;

function requestOf(more: Partial<ImagesRequest> = {}): ImagesRequest {
	const plain = { stream: false, task: "generation", prompt: "A lighthouse", pictures: [] } as const;
	return { ...plain, extensions: {}, providerExtensions: {}, ...more };
}

describe("OpenAI's images", () => {
	// As OpenAI publishes them for gpt-image-1.
	it.each([
		["low", "1024x1024", 272],
		["low", "1024x1536", 408],
		["low", "1536x1024", 400],
		["medium", "1024x1024", 1056],
		["medium", "1024x1536", 1584],
		["high", "1024x1024", 4160],
		["high", "1024x1536", 6240],
		["high", "1536x1024", 6208],
		["auto", "auto", 6240],
		[undefined, undefined, 6240],
	])("of quality %s and size %s are held for twice their published tokens", (quality, size, tokens) => {
		const more = { ...(quality !== undefined && { quality }), ...(size !== undefined && { size }) };
		expect(openaiImages.encode(requestOf(more), model).images).toEqual({ tokens: 2 * tokens, units: {} });
	});

	it("are held for what is seen of pictures, and for each time that they are shown before they are done", () => {
		const picture = { name: "a.png", type: "image/png", bytes: new Uint8Array(8) } as const;
		const edit = { task: "edit", pictures: [picture, picture], mask: picture, quality: "low" } as const;
		const call = openaiImages.encode(requestOf({ ...edit, stream: true, partialImages: 3 }), model);
		expect(call.images).toEqual({ tokens: 816 + 600, inputTokens: 36_000, units: {} });
		expect(call.form?.map(({ name, fileName }) => [name, fileName])).toEqual([
			...["model", "prompt", "quality", "partial_images", "stream"].map((name) => [name, undefined]),
			...["image[]", "image[]", "mask"].map((name) => [name, "a.png"]),
		]);
	});

	it("are asked for in OpenAI's words, with what the caller means for OpenAI alone", () => {
		const request = requestOf({
			n: 2,
			outputFormat: "webp",
			outputCompression: 40,
			form: "b64_json",
			providerExtensions: { openai: { input_fidelity: "high" }, gemini: { seed: 1 } },
		});
		expect(openaiImages.encode(request, model)).toMatchObject({
			path: "/images/generations",
			prompts: ["A lighthouse"],
		});
		expect(openaiImages.encode(request, model).body).toEqual({
			input_fidelity: "high",
			model: "gpt-image-2",
			prompt: "A lighthouse",
			n: 2,
			output_format: "webp",
			output_compression: 40,
		});
	});

	it("that are none are told with their usage, so that no more is charged than that", () => {
		const answer = openaiImages.decode({ data: [], usage: { input_tokens: 3, output_tokens: 0 } }, requestOf(), model);
		expect(images.isEmpty(answer, requestOf())).toBe(true);
		expect(answer.usage).toMatchObject({ uncachedInput: 3, output: 0 });
	});

	it.each([
		["no object", []],
		["no images", { created: 1 }],
		["an image that is none", { data: [{ b64_json: 7 }] }],
		["an empty image", { data: [{ b64_json: "" }] }],
		["more images than were asked for", { data: [{ b64_json: "AA" }, { b64_json: "AA" }] }],
		["an error", { error: { message: "no", code: "server_error" } }],
	])("are not taken from an answer with %s", (_, body) => {
		expect(() => openaiImages.decode(body, requestOf(), model)).toThrow(UpstreamError);
	});
});
