// The codec of Workers AI's images: one a call in base64, billed by tiles of its size and steps of the model.
import type { Model } from "#catalog/model";
import { unsupportedParameter } from "#core/errors";
import type { Images, ImagesRequest } from "#core/images/images";
import type { ImageUnits } from "#core/images/units";
import type { JsonObject } from "#lib/json";
import type { ImagesCodec, UpstreamCall } from "#providers/adapter";
import { malformed } from "#providers/shared/faults";
import {
	billedByUnits,
	checkForm,
	imageCalls,
	imagesFor,
	noStream,
	pixelsOf,
	seedBehind,
	sizeFor,
	withoutSettings,
} from "#providers/shared/images/codec";
import { answerWithin } from "./answer";

export const workersAiImages: ImagesCodec = { encode, decode, decoder: noStream };

/** The side of the square that is billed, in pixels. */
const TILE_PIXELS = 512;
/** What a model makes that names no size. */
const USUAL_SIZE = "1024x1024";
/** What models take that name no number of steps. */
const USUAL_STEPS = [4, 8] as const;

/** Strict schemas refuse unknown fields: only those that the caller meant for Workers AI go out beside the prompt. */
function encode(request: ImagesRequest, model: Model): UpstreamCall {
	checkForm(request, model, "b64_json");
	if (request.pictures.length > 0) throw unsupportedParameter("image", `\`${model.id}\` takes no pictures here`);
	const { prompt, n = 1, user } = request;
	const { seed, ...own } = ownFields(request, model);
	const dropped = [...Object.keys(request.extensions), ...withoutSettings(request, model, "jpeg")];
	if (user !== undefined) dropped.push("user");
	const parts = imageCalls(request, 1, (_, before) => seedBehind(seed, before));
	const { tile, step } = unitsOf(request, model);
	return {
		path: model.id,
		body: {
			...own,
			...(seed !== undefined && { seed }),
			prompt,
			steps: stepsOf(request, model),
			...sizeFields(request, model),
		},
		dropped,
		prompts: [prompt],
		images: { tokens: 0, units: { tile: tile * n, step: step * n } },
		...(parts !== undefined && { parts, readings: parts.length }),
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
	for (const field of ["width", "height", "num_steps"]) {
		const name = field === "num_steps" ? "steps" : "size";
		if (field in own) throw unsupportedParameter(`${provider}.${field}`, `it is asked for by \`${name}\``);
	}
	return own;
}

/** A model with a single size takes none. */
function sizeFields(request: ImagesRequest, model: Model): JsonObject {
	const [width, height] = pixelsFor(request, model);
	return (model.traits.sizes ?? []).length > 1 ? { width, height } : {};
}

function pixelsFor(request: ImagesRequest, model: Model): readonly [width: number, height: number] {
	return pixelsOf(sizeFor(request, model)) ?? (pixelsOf(USUAL_SIZE) as [number, number]);
}

/** As many steps as the caller wants of Workers AI, or as its quality means. Throws `GatewayError` for too many. */
function stepsOf({ quality, providerExtensions }: ImagesRequest, { provider, id, traits }: Model): number {
	const [usual, most] = traits.steps ?? USUAL_STEPS;
	const wanted = providerExtensions[provider]?.steps;
	if (wanted === undefined) return quality === "high" ? most : usual;
	if (typeof wanted !== "number" || !Number.isInteger(wanted) || wanted < 1 || wanted > most)
		throw unsupportedParameter(`${provider}.steps`, `\`${id}\` takes 1 to ${most} steps`);
	return wanted;
}

/** What one image is billed. */
function unitsOf(request: ImagesRequest, model: Model): Required<Pick<ImageUnits, "tile" | "step">> {
	const [width, height] = pixelsFor(request, model);
	return {
		tile: Math.ceil(width / TILE_PIXELS) * Math.ceil(height / TILE_PIXELS),
		step: stepsOf(request, model),
	};
}
