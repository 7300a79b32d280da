// The codec of OpenAI's images: its GPT Image models, which answer in base64 and bill tokens.
import type { Model } from "#catalog/model";
import type { Image, Images, ImagesRequest } from "#core/images/images";
import { isObject, type JsonObject } from "#lib/json";
import type { ImagesCodec, UpstreamCall } from "#providers/adapter";
import { errorWithin } from "#providers/openai-chat/errors";
import { responsesUsage } from "#providers/openai-chat/usage";
import { malformed } from "#providers/shared/faults";
import { isWord } from "#providers/shared/json-shape";
import { checkForm, imagesFor, noStream, pixelsOf } from "./answer";

export const openaiImages: ImagesCodec = {
	encode,
	decode: (body, request) => decode(body, request),
	decoder: noStream,
};

/** The largest of the usual sizes: what a model may take where it chooses by itself. */
const LARGEST_USUAL = [1024, 1536] as const;
/** The side of the square of pixels that a token stands for, in pixels; the finest where the quality is not known. */
const CELL_PIXELS: Readonly<Record<string, number>> = { low: 64, medium: 32 };
const FINEST_CELL_PIXELS = 16;
/** By which factor newer models may pass the published tokens of the first one: gpt-image-2 does by 1.7. */
const MARGIN = 2;

/**
 * The most output tokens of one image. gpt-image-1 makes, at low, medium and high quality, a token for each cell and
 * one for each row of cells: 272, 1056 and 4160 for 1024x1024, as OpenAI publishes them.
 */
function imageTokensBound({ size, quality }: Pick<ImagesRequest, "size" | "quality">): number {
	const cell = CELL_PIXELS[quality ?? ""] ?? FINEST_CELL_PIXELS;
	const [width, height] = pixelsOf(size) ?? LARGEST_USUAL;
	return MARGIN * Math.ceil(height / cell) * (Math.ceil(width / cell) + 1);
}

function encode(request: ImagesRequest, model: Model): UpstreamCall {
	checkForm(request, model, "b64_json");
	const { n, size, quality, background, outputFormat, outputCompression, moderation, user } = request;
	const body: JsonObject = {
		...request.extensions,
		...request.providerExtensions[model.provider],
		model: model.id,
		prompt: request.prompt,
		...(n !== undefined && { n }),
		...(size !== undefined && { size }),
		...(quality !== undefined && { quality }),
		...(background !== undefined && { background }),
		...(outputFormat !== undefined && { output_format: outputFormat }),
		...(outputCompression !== undefined && { output_compression: outputCompression }),
		...(moderation !== undefined && { moderation }),
		...(user !== undefined && { user }),
	};
	const images = { tokens: imageTokensBound(request), units: {} };
	return { path: "/images/generations", body, dropped: [], prompts: [request.prompt], images };
}

const MADE = ["background", "output_format", "quality", "size"] as const;

function decode(body: unknown, request: ImagesRequest): Images {
	if (!isObject(body)) throw malformed("the answer is not a JSON object");
	if (!Array.isArray(body.data)) throw errorWithin(body) ?? malformed("the answer has no images");
	return {
		images: imagesFor(request, body.data.map(imageOf)),
		made: Object.fromEntries(MADE.flatMap((field) => (isWord(body[field]) ? [[field, body[field]]] : []))),
		usage: responsesUsage({ usage: body.usage }) ?? null,
	};
}

function imageOf(entry: unknown): Image | null {
	if (!isObject(entry)) return null;
	const { b64_json: base64, url, revised_prompt: revised } = entry;
	const more = typeof revised === "string" ? { revisedPrompt: revised } : {};
	if (typeof base64 === "string") return { form: "b64_json", data: base64, ...more };
	return typeof url === "string" ? { form: "url", data: url, ...more } : null;
}
