// What codecs of images share: the form that a caller wants, sizes, a call for each image, and reading an answer.
import type { Model } from "#catalog/model";
import { estimatedUsage, type Usage } from "#core/chat/usage";
import { unsupportedParameter } from "#core/errors";
import type { Image, ImageForm, Images, ImagesRequest, Picture } from "#core/images/images";
import type { ImageUnits } from "#core/images/units";
import type { JsonObject } from "#lib/json";
import { base64Of } from "#lib/text-bytes";
import type { CallPart } from "#providers/adapter";
import { malformed } from "#providers/shared/faults";

/** Throws `GatewayError` where the caller wants images handed over otherwise than the model's vendor does it. */
export function checkForm({ form }: ImagesRequest, { id }: Pick<Model, "id">, given: ImageForm): void {
	if (form !== undefined && form !== given)
		throw unsupportedParameter("response_format", `\`${id}\` answers with \`${given}\` alone`);
}

/**
 * For vendors that have few of OpenAI's settings: what of them is left out, by name. Throws `GatewayError` where an
 * image would be another without it: a background that is to be seen through, or another type of file than `type`.
 */
export function withoutSettings(request: ImagesRequest, { id }: Pick<Model, "id">, type: string | null): string[] {
	const { background, outputFormat, outputCompression, moderation, inputFidelity, partialImages, mask } = request;
	if (mask !== undefined) throw unsupportedParameter("mask", `\`${id}\` changes a picture as a whole`);
	if (background === "transparent")
		throw unsupportedParameter("background", `\`${id}\` makes no image that can be seen through`);
	if (outputFormat !== undefined && outputFormat !== type)
		throw unsupportedParameter("output_format", `\`${id}\` does not let its caller choose the type of the file`);
	return [
		...(outputCompression !== undefined ? ["output_compression"] : []),
		...(moderation !== undefined && moderation !== "auto" ? ["moderation"] : []),
		...(inputFidelity !== undefined ? ["input_fidelity"] : []),
		...(partialImages !== undefined ? ["partial_images"] : []),
	];
}

/** Throws `GatewayError` for pictures that are to be drawn otherwise, which hardly any vendor does by itself. */
export function refuseVariation({ task }: ImagesRequest, { id }: Pick<Model, "id">): void {
	if (task === "variation") throw unsupportedParameter("model", `\`${id}\` makes no variations; ask it for an edit`);
}

/** A picture as a data URL. */
export function dataUrlOf({ type, bytes }: Picture): string {
	return `data:${type};base64,${base64Of(bytes)}`;
}

/** Width and height of a size, in pixels; null for none or "auto". */
export function pixelsOf(size: string | undefined): readonly [width: number, height: number] | null {
	const [width, height] = (size ?? "").split("x").map(Number);
	return width !== undefined && width > 0 && height !== undefined && height > 0 ? [width, height] : null;
}

/** The size that is wanted, or the model's usual one. Throws `GatewayError` for one that the model does not make. */
export function sizeFor({ size }: ImagesRequest, { id, traits: { sizes } }: Model): string | undefined {
	if (size === undefined || size === "auto") return sizes?.[0];
	if (sizes !== undefined && !sizes.includes(size))
		throw unsupportedParameter("size", `\`${id}\` makes images of ${sizes.join(", ")}`);
	return size;
}

/**
 * The calls that a request is split into where the vendor makes `most` images at once, each with the fields that
 * `fieldsOf` gives the call for `n` images behind `before` others; undefined where one call makes all.
 */
export function imageCalls(
	request: ImagesRequest,
	most: number,
	fieldsOf: (n: number, before: number) => JsonObject,
): readonly CallPart[] | undefined {
	const { n: wanted = 1 } = request;
	if (wanted <= most) return undefined;
	return Array.from({ length: Math.ceil(wanted / most) }, (_, at) => {
		const n = Math.min(most, wanted - at * most);
		return { fields: fieldsOf(n, at * most), request: { ...request, n } as CallPart["request"] };
	});
}

/** The seed of a call behind `before` other images: the same seed would make the same image again. */
export function seedBehind(seed: unknown, before: number): JsonObject {
	return typeof seed === "number" && before > 0 ? { seed: seed + before } : {};
}

/** The images of an answer, no more than were asked for. Throws `UpstreamError`. */
export function imagesFor({ n = 1 }: ImagesRequest, found: readonly (Image | null)[]): readonly Image[] {
	if (found.length > n) throw malformed(`the answer has ${found.length} images instead of ${n}`);
	return found.map((image) => {
		if (image === null || image.data === "") throw malformed("an image is neither an address nor base64");
		return image;
	});
}

/** Images of a vendor that bills by `units` and tells of no tokens. */
export function billedByUnits(images: readonly Image[], units: ImageUnits): Images {
	return { images, made: {}, usage: { ...estimatedUsage(0, 0), images: units, source: "provider" } };
}

/** Usage of an answer with images whose vendor does not tell the tokens of them: all that was not thought counts. */
export function withDrawn(usage: Usage): Usage {
	return usage.imageOutput > 0 ? usage : { ...usage, imageOutput: usage.output - usage.reasoning };
}

/** For codecs: images come whole. */
export function noStream(): never {
	throw malformed("the answer is a stream of events");
}
