// The codec of Workers AI's images: one a call, in base64 or as its bytes, billed by its size and the model's steps.
import type { Model } from "#catalog/model";
import { unsupportedParameter } from "#core/errors";
import type { Images, ImagesRequest } from "#core/images/images";
import type { JsonObject } from "#lib/json";
import type { FormPart } from "#lib/multipart";
import type { CallPart, ImagesCodec, UpstreamCall } from "#providers/adapter";
import { malformed } from "#providers/shared/faults";
import {
	billedByUnits,
	checkForm,
	imageCalls,
	imagesFor,
	noStream,
	refuseVariation,
	seedBehind,
	withoutSettings,
} from "#providers/shared/images/codec";
import { partsOf } from "#providers/transport/form-parts";
import { answerWithin } from "./answer";
import { imagePieces } from "./image-pieces";
import { pixelsFor, stepsFor, unitsOf } from "./image-units";

export const workersAiImages: ImagesCodec = { encode, decode, decoder: noStream, pieces: imagePieces };

/** Strict schemas refuse unknown fields: only those that the caller meant for Workers AI go out beside the prompt. */
function encode(request: ImagesRequest, model: Model): UpstreamCall {
	checkForm(request, model, "b64_json");
	refuseVariation(request, model);
	const { prompt, n = 1, user } = request;
	const { seed, ...own } = ownFields(request, model);
	const dropped = [...Object.keys(request.extensions), ...withoutSettings(request, model, "jpeg")];
	if (user !== undefined) dropped.push("user");
	const pictures = picturesOf(request, model);
	const units = Object.entries(unitsOf(request, model)).map(([unit, count]) => [unit, count * n]);
	const body: JsonObject = {
		...own,
		...(seed !== undefined && { seed }),
		prompt,
		...stepFields(request, model),
		...sizeFields(request, model),
	};
	const formOf = (fields: JsonObject): Pick<CallPart, "form"> =>
		model.traits.multipart === true ? { form: [...partsOf({ ...body, ...fields }), ...pictures] } : {};
	const parts = imageCalls(request, 1, (_, before) => seedBehind(seed, before));
	return {
		path: model.id,
		body,
		...formOf({}),
		dropped,
		prompts: [prompt],
		images: { tokens: 0, units: Object.fromEntries(units) },
		...(parts !== undefined && {
			parts: parts.map((part) => ({ ...part, ...formOf(part.fields) })),
			readings: parts.length,
		}),
	};
}

function decode(body: unknown, request: ImagesRequest, model: Model): Images {
	const { image } = answerWithin(body);
	if (typeof image !== "string") throw malformed("the answer has no image");
	const images = imagesFor(request, image === "" ? [] : [{ form: "b64_json", data: image }]);
	return { ...billedByUnits(images, unitsOf(request, model)), made: { output_format: "jpeg" } };
}

/** Throws `GatewayError` for a size, which only the request's own field may say, since the price hangs on it. */
function ownFields({ providerExtensions }: ImagesRequest, { provider }: Model): JsonObject {
	const { steps: _, ...own } = providerExtensions[provider] ?? {};
	for (const field of Object.keys(own)) {
		const name = field === "num_steps" ? "steps" : /^(?:width|height)$/.test(field) ? "size" : /image/.exec(field)?.[0];
		if (name !== undefined) throw unsupportedParameter(`${provider}.${field}`, `it is asked for by \`${name}\``);
	}
	return own;
}

/** The pictures that an image is made from, each in a field of its own. Throws `GatewayError` for what is not taken. */
function picturesOf({ pictures }: ImagesRequest, { id, traits }: Model): readonly FormPart[] {
	const most = traits.multipart === true ? (traits.max_pictures ?? 1) : 0;
	if (pictures.length > most)
		throw unsupportedParameter("image", `\`${id}\` takes ${most === 0 ? "no pictures here" : `at most ${most}`}`);
	return pictures.map(({ name, type, bytes }, at) => ({ name: `input_image_${at}`, fileName: name, type, bytes }));
}

/** A model whose number of steps is fixed is not told it. */
function stepFields(request: ImagesRequest, model: Model): JsonObject {
	const { count, isFixed } = stepsFor(request, model);
	if (isFixed) return {};
	return model.traits.num_steps === true ? { num_steps: count } : { steps: count };
}

/** A model with a single size takes none. */
function sizeFields(request: ImagesRequest, model: Model): JsonObject {
	const [width, height] = pixelsFor(request, model);
	return (model.traits.sizes ?? []).length > 1 ? { width, height } : {};
}
