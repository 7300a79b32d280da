// The codec of OpenAI's images, as its imitators speak it too: its GPT Image models answer in base64 and bill tokens.
import type { Model } from "#catalog/model";
import type { Usage } from "#core/chat/usage";
import type { Image, ImageForm, Images, ImagesRequest } from "#core/images/images";
import { isObject, type JsonObject } from "#lib/json";
import type { ImagesCodec, UpstreamCall } from "#providers/adapter";
import { errorWithin } from "#providers/openai-chat/errors";
import { responsesUsage } from "#providers/openai-chat/usage";
import { malformed } from "#providers/shared/faults";
import { billedByUnits, checkForm, imagesFor, noStream, pixelsOf, withDrawn } from "#providers/shared/images/codec";
import { isWord } from "#providers/shared/json-shape";

/** How a vendor's images differ from what its imitators usually have. */
interface ImagesDialect {
	/** The only form in which it hands images over, of which it is not told; null where it asks for the caller's. */
	readonly form: ImageForm | null;
}

function codecOf(dialect: ImagesDialect): ImagesCodec {
	return {
		encode: (request, model) => encode(dialect, request, model),
		decode,
		decoder: noStream,
	};
}

export const openaiImages: ImagesCodec = codecOf({ form: "b64_json" });
/** Any server that says it is compatible with OpenAI: nothing is left out that it may know. */
export const compatibleImages: ImagesCodec = codecOf({ form: null });

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

function encode(dialect: ImagesDialect, request: ImagesRequest, model: Model): UpstreamCall {
	if (dialect.form !== null) checkForm(request, model, dialect.form);
	const { n, size, quality, background, outputFormat, outputCompression, moderation, form, user } = request;
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
		...(dialect.form === null && form !== undefined && { response_format: form }),
		...(user !== undefined && { user }),
	};
	const images = { tokens: imageTokensBound(request), units: hasFee(model) ? { image: n ?? 1 } : {} };
	return { path: "/images/generations", body, dropped: [], prompts: [request.prompt], images };
}

const MADE = ["background", "output_format", "quality", "size"] as const;

function decode(body: unknown, request: ImagesRequest, model: Model): Images {
	if (!isObject(body)) throw malformed("the answer is not a JSON object");
	if (!Array.isArray(body.data)) throw errorWithin(body) ?? malformed("the answer has no images");
	const images = imagesFor(request, body.data.map(imageOf));
	return {
		images,
		made: Object.fromEntries(MADE.flatMap((field) => (isWord(body[field]) ? [[field, body[field]]] : []))),
		usage: usageIn(body, images, model),
	};
}

/** Null where the tokens decide what it costs and nothing tells them. */
function usageIn(body: Record<string, unknown>, images: readonly Image[], model: Model): Usage | null {
	const units = { image: images.length };
	const told = responsesUsage({ usage: body.usage });
	if (told === undefined) return hasFee(model) && !billsTokens(model) ? billedByUnits(images, units).usage : null;
	const usage = withDrawn(told);
	return hasFee(model) ? { ...usage, images: units } : usage;
}

/** Whether each image has a price. */
function hasFee({ rules }: Model): boolean {
	return rules.imageFees?.image !== undefined;
}

function billsTokens({ prices }: Model): boolean {
	return prices.some(({ price }) => price.input > 0 || price.output > 0);
}

function imageOf(entry: unknown): Image | null {
	if (!isObject(entry)) return null;
	const { b64_json: base64, url, revised_prompt: revised } = entry;
	const more = typeof revised === "string" ? { revisedPrompt: revised } : {};
	if (typeof base64 === "string") return { form: "b64_json", data: base64, ...more };
	return typeof url === "string" ? { form: "url", data: url, ...more } : null;
}
