import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Model } from "#catalog/model";
import { GatewayError } from "#core/errors";
import { imageTypeOf } from "#core/images/image-type";
import type { ImagesRequest } from "#core/images/images";
import { RESOLUTIONS } from "#core/images/units";
import { isObject } from "#lib/json";
import { costOf } from "#metering/cost";
import type { ImagesCodec } from "#providers/adapter";
import { gemini } from "#providers/gemini/index";
import { imageShape } from "#providers/shared/images/shape";
import { openrouter } from "#providers/vendors/openrouter";
import { siliconflow } from "#providers/vendors/siliconflow";
import { workersAi } from "#providers/workers-ai/index";
import { saying } from "#simulator/model/model-behaviour";
import { type FileType, picture } from "#simulator/model/picture";
import { answerUsage } from "#simulator/model/usage";
import { seatOf } from "#test/unit/simulator/exchange";

function modelOf(provider: string, id: string): Model {
	const model = BUILT_IN_MODELS.find((each) => each.provider === provider && each.id === id);
	if (model === undefined) throw new Error(`the catalog has no ${provider}/${id}`);
	return model;
}

function requestOf(more: Partial<ImagesRequest> = {}): ImagesRequest {
	const plain = { stream: false, task: "generation", prompt: "A lighthouse", pictures: [] } as const;
	return { ...plain, extensions: {}, providerExtensions: {}, ...more };
}

function codecOf({ images }: { readonly images?: ImagesCodec }): ImagesCodec {
	if (images === undefined) throw new Error("it draws nothing");
	return images;
}

const SOURCE = { name: "a.png", type: "image/png", bytes: picture("png", 8, 8, "") } as const;

describe("a size in pixels", () => {
	const model = modelOf("gemini", "gemini-3.1-flash-image-preview");

	it.each([
		["1024x1024", "1:1", null, 1120],
		// OpenAI's own, and one of Google's.
		["1536x1024", "3:2", null, 1120],
		["1792x1024", "16:9", "2K", 1680],
		["864x1184", "3:4", null, 1120],
		["2048x2048", "1:1", "2K", 1680],
		["4096x4096", "1:1", "4K", 2520],
	])("of %s is a shape of %s at %s", (size, shape, resolution, tokens) => {
		const side = { "1K": 1_024, "2K": 2_048, "4K": 4_096 }[resolution ?? "1K"] ?? 0;
		expect(imageShape({ size }, model)).toEqual({ shape, resolution, tokens, pixels: 1.5 * side ** 2 });
	});

	it.each(["1000x300", "9000x9000", "1150x1000"])("of %s is refused by name", (size) => {
		expect(() => imageShape({ size }, model)).toThrow(GatewayError);
	});

	it("is held at the dearest where a model's tokens are not known, and refused where it has no such resolution", () => {
		expect(imageShape({ size: "4096x4096" }, { ...model, traits: {} }).tokens).toBe(2520);
		expect(imageShape({}, { ...model, traits: {} }).tokens).toBe(2520);
		const small = modelOf("gemini", "gemini-2.5-flash-image");
		for (const resolution of RESOLUTIONS.slice(1)) {
			const side = resolution === "2K" ? 2048 : 4096;
			expect(() => imageShape({ size: `${side}x${side}` }, small)).toThrow(GatewayError);
		}
	});
});

describe("images by chat", () => {
	it.each([
		["gemini", gemini, "gemini-3.1-flash-image-preview"],
		["openrouter", openrouter, "google/gemini-3.1-flash-image-preview"],
	] as const)(
		"are asked of %s in one turn, with room for words beside them, and its pictures before",
		(provider, adapter, id) => {
			const model = modelOf(provider, id);
			const request = requestOf({ size: "2048x2048", n: 3, pictures: [SOURCE], task: "edit", partialImages: 1 });
			const call = codecOf(adapter).encode(request, model);
			expect(call.images).toEqual({ tokens: 1680, text: 8192, units: {} });
			expect([call.parts?.length, call.readings, call.dropped]).toEqual([3, 3, ["partial_images"]]);
			const body = JSON.stringify(call.body);
			expect(body).toContain(Buffer.from(SOURCE.bytes).toString("base64"));
			expect(body).toMatch(/"(?:maxOutputTokens|max_tokens)":9872/);
			expect(body).toMatch(
				/"(?:imageConfig|image_config)":\{"(?:aspectRatio|aspect_ratio)":"1:1","(?:imageSize|image_size)":"2K"\}/,
			);
		},
	);

	it("are taken at the pictures' tokens alone where the vendor does not tell them apart", () => {
		const model = modelOf("gemini", "gemini-2.5-flash-image");
		const answer = codecOf(gemini).decode(
			{
				candidates: [
					{
						content: { parts: [{ text: "Here." }, { inlineData: { mimeType: "image/webp", data: "AAAA" } }] },
						finishReason: "STOP",
					},
				],
				usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 1300, totalTokenCount: 1309 },
			},
			requestOf(),
			model,
		);
		expect(answer.images).toEqual([{ form: "b64_json", data: "AAAA" }]);
		expect(answer.made).toEqual({ output_format: "webp" });
		expect(answer.usage?.imageOutput).toBe(1300);
	});

	it("are billed at OpenRouter by the megapixels that come out and go in, where a model only draws", () => {
		const model = modelOf("openrouter", "black-forest-labs/flux.2-pro");
		const codec = codecOf(openrouter);
		const request = requestOf({ task: "edit", pictures: [SOURCE, SOURCE], size: "1536x1024" });
		const { body, images = expect.fail() } = codec.encode(request, model);
		expect(body.modalities).toEqual(["image"]);
		const seat = seatOf(model, "https://simulator/openrouter/api/v1/chat/completions");
		const play = seat.wire.read(JSON.parse(JSON.stringify(body)), seat);
		const usage = answerUsage(play.input, saying("Here."), play.made);
		const answer = codec.decode(play.whole({ drafts: saying("Here."), usage, cost: 0 }), request, model);
		// 1248 by 832 pixels, and two small pictures: $0.015 for the image and $0.015 for each of three megapixels.
		expect(answer.usage?.images).toEqual({ image: 1, megapixel: 3 });
		expect(answer.usage?.images).toEqual(play.made?.units);
		expect(costOf(answer.usage ?? expect.fail(), model, 0)).toBe(60_000_000);
		expect(images.units).toEqual({ image: 1, megapixel: 4 });
		expect(codec.encode(requestOf({ n: 3 }), model).images?.units).toEqual({ image: 3, megapixel: 6 });
		const unknown = { ...SOURCE, bytes: SOURCE.bytes.slice(0, 12) };
		expect(() => codec.encode(requestOf({ task: "edit", pictures: [unknown] }), model)).toThrow("how large it is");
		expect(() => codec.encode(requestOf({ size: "2048x2048" }), model)).toThrow(GatewayError);
	});

	it.each([
		["a filter", { candidates: [{ finishReason: "IMAGE_SAFETY" }] }, /IMAGE_SAFETY/],
		["a block of the prompt", { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } }, /PROHIBITED_CONTENT/],
	])("that %s keeps back say why", (_, body, why) => {
		const answer = codecOf(gemini).decode(body, requestOf(), modelOf("gemini", "gemini-2.5-flash-image"));
		expect([answer.images, answer.refusal]).toEqual([[], expect.stringMatching(why)]);
	});
});

describe("images in calls of their own", () => {
	it("count their seed up, since the same seed draws the same image", () => {
		const own = { seed: 41, negative_prompt: "fog" };
		const siliconflowCall = codecOf(siliconflow).encode(
			requestOf({ n: 2, providerExtensions: { siliconflow: own } }),
			modelOf("siliconflow", "Qwen/Qwen-Image"),
		);
		expect(siliconflowCall.body).toMatchObject({ ...own, image_size: "1328x1328" });
		expect(siliconflowCall.parts?.map(({ fields }) => fields)).toEqual([{}, { seed: 42 }]);
		const workersCall = codecOf(workersAi).encode(
			requestOf({ n: 2, quality: "high", size: "1024x1536", providerExtensions: { "workers-ai": { seed: 7 } } }),
			modelOf("workers-ai", "@cf/leonardo/lucid-origin"),
		);
		expect(workersCall.body).toEqual({ seed: 7, prompt: "A lighthouse", steps: 40, width: 1024, height: 1536 });
		expect(workersCall.parts?.[1]?.fields).toEqual({ seed: 8 });
		expect(workersCall.images).toEqual({ tokens: 0, units: { tile: 12, step: 80 } });
	});

	it("are asked of SiliconFlow with each picture in a field of its own", () => {
		const model = modelOf("siliconflow", "Qwen/Qwen-Image-Edit-2509");
		const { body } = codecOf(siliconflow).encode(requestOf({ task: "edit", pictures: [SOURCE, SOURCE] }), model);
		expect(isObject(body) && Object.keys(body).toSorted()).toEqual(["image", "image2", "model", "prompt"]);
	});
});

describe("a picture", () => {
	it.each(["png", "jpeg", "webp"] satisfies FileType[])("of type %s is told by its first bytes", (type) => {
		expect(imageTypeOf(picture(type, 3, 5, ""))).toBe(`image/${type}`);
	});

	it.each(["", "GIF89a", "RIFF____WAVE", "%PDF-1.7"])("is none that begins with %j", (text) => {
		expect(imageTypeOf(new TextEncoder().encode(text))).toBeNull();
	});
});
