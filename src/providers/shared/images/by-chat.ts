// Images of models that draw in a chat: the request as a chat of one turn, and the pictures of its answer.
import type { Model } from "#catalog/model";
import type { ChatRequest, Completion, UserMessage } from "#core/chat/chat";
import { unsupportedParameter } from "#core/errors";
import type { Image, Images, ImagesRequest } from "#core/images/images";
import { type PictureSize, pictureSize } from "#core/images/picture-size";
import type { ImageUnits } from "#core/images/units";
import { isObject } from "#lib/json";
import { base64Bytes } from "#lib/text-bytes";
import type { ChatCodec, ImagesCodec, UpstreamCall } from "#providers/adapter";
import { malformed } from "#providers/shared/faults";
import { generatedImages } from "#providers/shared/generated-images";
import {
	billedByUnits,
	checkForm,
	dataUrlOf,
	imageCalls,
	imagesFor,
	noStream,
	refuseVariation,
	withDrawn,
	withoutSettings,
} from "./codec";
import { megapixelsOf, pictureSizes } from "./picture-sizes";
import { imageShape } from "./shape";

/** Room for words beside an image, and for what a model thinks that does, in output tokens. */
const WORDS_TOKENS = 1_024;
const THOUGHTS_TOKENS = 8_192;

/** The codec of a vendor whose models draw when they are chatted with, one image an answer. */
export function imagesByChat(chat: ChatCodec): ImagesCodec {
	return {
		encode: (request, model) => encode(chat, request, model),
		decode: (body, request, model) => imagesIn(chat.decode(body, asChat(request, model), model), request, model),
		decoder: noStream,
	};
}

function encode(chat: ChatCodec, request: ImagesRequest, model: Model): UpstreamCall {
	checkForm(request, model, "b64_json");
	refuseVariation(request, model);
	refuseShape(request, model);
	const left = withoutSettings(request, model, "png");
	if (request.quality !== undefined && request.quality !== "auto") left.push("quality");
	const { tokens, pixels } = imageShape(request, model);
	const call = chat.encode(asChat(request, model), model);
	const parts = imageCalls(request, 1, () => ({}));
	return {
		...call,
		dropped: [...left, ...call.dropped],
		images: {
			tokens,
			text: textTokens(model),
			units: unitsOf(request, model, Array(request.n ?? 1).fill([pixels, 1])),
		},
		...(parts !== undefined && { parts, readings: parts.length }),
	};
}

/**
 * What images of those sizes are billed beside tokens, by the units that have a price; the pictures that each is made
 * from count with it. Throws `GatewayError` for a picture whose size is not known.
 */
function unitsOf(request: ImagesRequest, model: Model, sizes: readonly PictureSize[]): ImageUnits {
	const { image, megapixel } = model.rules.imageFees ?? {};
	if (image === undefined && megapixel === undefined) return {};
	const seen = megapixelsOf(pictureSizes(request, model)) * sizes.length;
	return {
		...(image !== undefined && { image: sizes.length }),
		...(megapixel !== undefined && { megapixel: megapixelsOf(sizes) + seen }),
	};
}

function textTokens({ reasoning }: Model): number {
	return reasoning ? THOUGHTS_TOKENS : WORDS_TOKENS;
}

function asChat(request: ImagesRequest, model: Model): ChatRequest {
	const { user, extensions, providerExtensions } = request;
	const { shape, resolution, tokens } = imageShape(request, model);
	const config = {
		...(shape !== null && { aspect_ratio: shape }),
		...(resolution !== null && { image_size: resolution }),
	};
	return {
		messages: [{ role: "user", content: contentOf(request) }],
		stream: false,
		max_completion_tokens: tokens + textTokens(model),
		modalities: model.output.includes("text") ? ["image", "text"] : ["image"],
		...(user !== undefined && { user }),
		extensions: { ...extensions, ...(Object.keys(config).length > 0 && { image_config: config }) },
		providerExtensions: { ...providerExtensions },
	};
}

function contentOf({ prompt, pictures }: ImagesRequest): UserMessage["content"] {
	if (pictures.length === 0) return prompt;
	const parts = pictures.map((picture) => ({ type: "image_url" as const, image_url: { url: dataUrlOf(picture) } }));
	return [{ type: "text", text: prompt }, ...parts];
}

/**
 * What an image costs hangs on its shape and resolution, which only `size` says. Throws `GatewayError` for a request
 * that says them in the vendor's words.
 */
function refuseShape({ extensions, providerExtensions }: ImagesRequest, { provider }: Model): void {
	const { image_config: config, generationConfig: settings } = providerExtensions[provider] ?? {};
	const isSaid = [extensions.image_config, config, isObject(settings) ? settings.imageConfig : undefined];
	if (isSaid.some((said) => said !== undefined))
		throw unsupportedParameter("image_config", "the shape and resolution of an image are asked for by `size`");
}

/** A model that draws several pictures for one is taken at the first. Throws `UpstreamError`. */
function imagesIn({ choices, usage, model: ran }: Completion, request: ImagesRequest, model: Model): Images {
	const pictures = choices.flatMap(({ message }) => generatedImages(message));
	const filtered = choices.find(({ finish_reason: reason }) => reason === "content_filter");
	const read = pictures.slice(0, request.n ?? 1).map(({ image_url: { url } }) => readPicture(url));
	const type = read[0]?.type;
	return {
		images: imagesFor(
			request,
			read.map(({ data }): Image => ({ form: "b64_json", data })),
		),
		made: type === undefined ? {} : { output_format: type },
		usage: pictures.length === 0 ? usage : usageOf(usage, request, model, read),
		...(ran !== undefined && { model: ran }),
		...(filtered !== undefined && {
			refusal: `the model drew nothing (${filtered.native_finish_reason ?? "content_filter"})`,
		}),
	};
}

/** By tokens, or by the units of the pictures as they are; one whose size is not known counts as large as asked. */
function usageOf(
	usage: Completion["usage"],
	request: ImagesRequest,
	model: Model,
	pictures: readonly { readonly data: string }[],
): Completion["usage"] {
	if (model.rules.imageFees === undefined) return usage && withDrawn(usage);
	const { pixels } = imageShape(request, model);
	const sizes = pictures.map(({ data }) => pictureSize(base64Bytes(data)) ?? ([pixels, 1] as const));
	return billedByUnits([], unitsOf(request, model, sizes)).usage;
}

const BASE64 = ";base64,";

/** A picture within an answer, and its type, such as "png". Throws `UpstreamError` for one that is elsewhere. */
function readPicture(url: string): { type: string; data: string } {
	const [, type] = /^data:image\/([a-z0-9.+-]{1,20});/.exec(url) ?? [];
	const at = url.indexOf(BASE64);
	if (type === undefined || at < 0) throw malformed("a picture is not in the answer itself");
	return { type, data: url.slice(at + BASE64.length) };
}
