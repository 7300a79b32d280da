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
	imageCalls,
	imagesFor,
	noStream,
	seedBehind,
	sizeFor,
	withoutSettings,
} from "#providers/shared/images/codec";

export const siliconflowImages: ImagesCodec = { encode, decode, decoder: noStream };

/** What OpenAI's fields say in SiliconFlow's words, by what its price hangs on or callers say already. */
const OWNED: Readonly<Record<string, string>> = { batch_size: "n", image_size: "size" };

function encode(request: ImagesRequest, model: Model): UpstreamCall {
	checkForm(request, model, "url");
	const { prompt, n = 1, quality, user } = request;
	const own = { ...request.extensions, ...request.providerExtensions[model.provider] };
	for (const [field, name] of Object.entries(OWNED)) {
		if (field in own) throw unsupportedParameter(field, `it is asked for by \`${name}\``);
	}
	const dropped = withoutSettings(request, model, null);
	if (quality !== undefined && quality !== "auto") dropped.push("quality");
	if (user !== undefined) dropped.push("user");
	const most = model.traits.max_images ?? 1;
	const size = sizeFor(request, model);
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
			...(size !== undefined && { image_size: size }),
			...fieldsOf(Math.min(n, most), 0),
		},
		dropped,
		prompts: [prompt],
		images: { tokens: 0, units: { image: n } },
		...(parts !== undefined && { parts, readings: parts.length }),
	};
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
