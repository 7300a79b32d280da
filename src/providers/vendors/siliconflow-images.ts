// The codec of SiliconFlow's images: addresses that are good for an hour, each at a price of its own.
import type { Model } from "#catalog/model";
import { unsupportedParameter } from "#core/errors";
import type { Images, ImagesRequest } from "#core/images/images";
import { isObject, type JsonObject } from "#lib/json";
import type { ImagesCodec, UpstreamCall } from "#providers/adapter";
import { errorWithin } from "#providers/openai-chat/errors";
import { malformed } from "#providers/shared/faults";
import {
	billedByUnits,
	checkForm,
	dataUrlOf,
	imageCalls,
	imagesFor,
	noStream,
	refuseVariation,
	seedBehind,
	sizeFor,
	withoutSettings,
} from "#providers/shared/images/codec";

export const siliconflowImages: ImagesCodec = { encode, decode, decoder: noStream };

/** What OpenAI's fields say in SiliconFlow's words, by what its price hangs on or callers say already. */
const OWNED: Readonly<Record<string, string>> = { batch_size: "n", image_size: "size" };

function encode(request: ImagesRequest, model: Model): UpstreamCall {
	checkForm(request, model, "url");
	refuseVariation(request, model);
	const { prompt, n = 1, quality, user } = request;
	const own = { ...request.extensions, ...request.providerExtensions[model.provider] };
	for (const [field, name] of Object.entries(OWNED)) {
		if (field in own) throw unsupportedParameter(field, `it is asked for by \`${name}\``);
	}
	const dropped = withoutSettings(request, model, null);
	if (quality !== undefined && quality !== "auto") dropped.push("quality");
	if (user !== undefined) dropped.push("user");
	const most = model.traits.max_images ?? 1;
	const size = model.traits.edits_only === true ? noSize(request, model) : sizeFor(request, model);
	// Models that make one image at once know no word for how many.
	const fieldsOf = (count: number, before: number): JsonObject => ({
		...(most > 1 && { batch_size: count }),
		...seedBehind(own.seed, before),
	});
	const parts = imageCalls(request, most, fieldsOf);
	return {
		path: "/images/generations",
		body: {
			...own,
			model: model.id,
			prompt,
			...pictureFields(request, model),
			...(size !== undefined && { image_size: size }),
			...fieldsOf(Math.min(n, most), 0),
		},
		dropped,
		prompts: [prompt],
		images: { tokens: 0, units: { image: n } },
		...(parts !== undefined && { parts, readings: parts.length }),
	};
}

/** The most pictures that SiliconFlow takes, each in a field of its own. */
const MAX_PICTURES = 3;

/** Throws `GatewayError` for too many pictures, or none where the model only changes some. */
function pictureFields({ pictures }: ImagesRequest, { id, traits }: Model): JsonObject {
	if (pictures.length === 0 && traits.edits_only === true)
		throw unsupportedParameter("model", `\`${id}\` only changes pictures: ask it for an edit`);
	if (pictures.length > MAX_PICTURES)
		throw unsupportedParameter("image", `\`${id}\` takes at most ${MAX_PICTURES} pictures`);
	return Object.fromEntries(pictures.map((picture, at) => [at === 0 ? "image" : `image${at + 1}`, dataUrlOf(picture)]));
}

/** A model that only changes pictures keeps their size. Throws `GatewayError` where the caller wants another. */
function noSize({ size }: ImagesRequest, { id }: Model): undefined {
	if (size !== undefined && size !== "auto")
		throw unsupportedParameter("size", `\`${id}\` keeps to the size of the picture`);
}

function decode(body: unknown, request: ImagesRequest): Images {
	if (!isObject(body)) throw malformed("the answer is not a JSON object");
	const list = body.images ?? body.data;
	if (!Array.isArray(list)) throw errorWithin(body) ?? malformed("the answer has no images");
	const images = imagesFor(
		request,
		list.map((entry) => (isObject(entry) && typeof entry.url === "string" ? { form: "url", data: entry.url } : null)),
	);
	return billedByUnits(images, { image: images.length });
}
