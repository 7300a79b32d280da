// The codec of OpenAI's images, as its imitators speak it too: its GPT Image models answer in base64 and bill tokens.
import type { Model } from "#catalog/model";
import type { ImageForm, ImagesRequest, Picture } from "#core/images/images";
import type { JsonObject } from "#lib/json";
import type { FormPart } from "#lib/multipart";
import type { ImagesCodec, UpstreamCall } from "#providers/adapter";
import { checkForm, pixelsOf, refuseVariation } from "#providers/shared/images/codec";
import { partsOf } from "#providers/transport/form-parts";
import { decodeImages, hasFee } from "./answer";
import { ImagesStreamDecoder } from "./stream";

/** How a vendor's images differ from what its imitators usually have. */
interface ImagesDialect {
	/** The only form in which it hands images over, of which it is not told; null where it asks for the caller's. */
	readonly form: ImageForm | null;
}

function codecOf(dialect: ImagesDialect): ImagesCodec {
	return {
		encode: (request, model) => encode(dialect, request, model),
		decode: decodeImages,
		decoder: (request, model) => new ImagesStreamDecoder(request, model),
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

/** The most input tokens of a picture: what OpenAI's models that see take of the largest. */
const PICTURE_TOKENS = 12_000;
/** The same of other servers, as of their models that see (`bound-media.ts`). */
const ANY_PICTURE_TOKENS = 16_384;
/** What an image costs more for each time that a stream shows it before it is done, in output tokens. */
const PARTIAL_TOKENS = 100;

const PATHS: Readonly<Record<ImagesRequest["task"], string>> = {
	generation: "/images/generations",
	edit: "/images/edits",
	variation: "/images/variations",
};

function encode(dialect: ImagesDialect, request: ImagesRequest, model: Model): UpstreamCall {
	if (dialect.form !== null) {
		checkForm(request, model, dialect.form);
		refuseVariation(request, model);
	}
	const { task, prompt, n, partialImages = 0, pictures, mask } = request;
	const body: JsonObject = {
		...request.extensions,
		...request.providerExtensions[model.provider],
		model: model.id,
		...(task !== "variation" && { prompt }),
		...settingsOf(request, dialect),
	};
	const files = filesOf(request);
	const seen = pictures.length + (mask === undefined ? 0 : 1);
	const perPicture = dialect.form === null ? ANY_PICTURE_TOKENS : PICTURE_TOKENS;
	const images = {
		tokens: imageTokensBound(request) + MARGIN * PARTIAL_TOKENS * partialImages,
		...(seen > 0 && { inputTokens: perPicture * seen }),
		units: hasFee(model) ? { image: n ?? 1 } : {},
	};
	return {
		path: PATHS[task],
		body,
		...(files.length > 0 && { form: [...partsOf(body), ...files] }),
		dropped: [],
		prompts: [prompt],
		images,
	};
}

/** What of OpenAI's settings a request has, in OpenAI's words. */
function settingsOf(request: ImagesRequest, dialect: ImagesDialect): JsonObject {
	const { stream, partialImages, n, form } = request;
	const fields: Record<string, string | number | undefined> = {
		n,
		size: request.size,
		quality: request.quality,
		background: request.background,
		output_format: request.outputFormat,
		output_compression: request.outputCompression,
		moderation: request.moderation,
		input_fidelity: request.inputFidelity,
		response_format: dialect.form === null ? form : undefined,
		user: request.user,
		partial_images: partialImages,
	};
	return {
		...Object.fromEntries(
			Object.entries(fields).filter((field): field is [string, string | number] => field[1] !== undefined),
		),
		...(stream && { stream }),
	};
}

/** Several pictures of an edit go under a name that says so. */
function filesOf({ pictures, mask }: ImagesRequest): FormPart[] {
	const name = pictures.length > 1 ? "image[]" : "image";
	const files = pictures.map((picture) => filePart(name, picture));
	return mask === undefined ? files : [...files, filePart("mask", mask)];
}

function filePart(name: string, { name: fileName, type, bytes }: Picture): FormPart {
	return { name, fileName, type, bytes };
}
