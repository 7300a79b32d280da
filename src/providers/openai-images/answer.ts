// What the codecs of images share: the form that a caller wants, sizes, and reading the images of an answer.
import type { Model } from "#catalog/model";
import { unsupportedParameter } from "#core/errors";
import type { Image, ImageForm, ImagesRequest } from "#core/images/images";
import { empty, malformed } from "#providers/shared/faults";

/** Throws `GatewayError` where the caller wants images handed over otherwise than the model's vendor does it. */
export function checkForm({ form }: ImagesRequest, { id }: Pick<Model, "id">, given: ImageForm): void {
	if (form !== undefined && form !== given)
		throw unsupportedParameter("response_format", `\`${id}\` answers with \`${given}\` alone`);
}

/** Width and height of a size, in pixels; null for none or "auto". */
export function pixelsOf(size: string | undefined): readonly [width: number, height: number] | null {
	const [width, height] = (size ?? "").split("x").map(Number);
	return width !== undefined && width > 0 && height !== undefined && height > 0 ? [width, height] : null;
}

/** The images of an answer, at least one and no more than were asked for. Throws `UpstreamError`. */
export function imagesFor({ n = 1 }: ImagesRequest, found: readonly (Image | null)[]): readonly Image[] {
	if (found.length === 0) throw empty();
	if (found.length > n) throw malformed(`the answer has ${found.length} images instead of ${n}`);
	return found.map((image) => {
		if (image === null || image.data === "") throw malformed("an image is neither an address nor base64");
		return image;
	});
}

/** For codecs: images come whole. */
export function noStream(): never {
	throw malformed("the answer is a stream of events");
}
