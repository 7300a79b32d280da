// How large the pictures are that an image is made from, for vendors that bill them by their size.
import type { Model } from "#catalog/model";
import { unsupportedParameter } from "#core/errors";
import type { ImagesRequest } from "#core/images/images";
import { type PictureSize, pictureSize } from "#core/images/picture-size";

/** Pixels of a megapixel, as it is billed. */
const MEGAPIXEL = 1024 * 1024;

/** The sizes of a request's pictures. Throws `GatewayError` for one that is too large or says none. */
export function pictureSizes({ pictures }: ImagesRequest, { id, traits }: Model): readonly PictureSize[] {
	return pictures.map(({ bytes }, at) => {
		const param = pictures.length > 1 ? `image[${at}]` : "image";
		const size = pictureSize(bytes);
		if (size === null) throw unsupportedParameter(param, "its header does not say how large it is");
		const most = traits.picture_side ?? Number.POSITIVE_INFINITY;
		if (Math.max(size[0], size[1]) > most)
			throw unsupportedParameter(param, `\`${id}\` takes pictures of at most ${most} by ${most} pixels`);
		return size;
	});
}

/** Of all sizes together; each counts whole ones. */
export function megapixelsOf(sizes: readonly PictureSize[]): number {
	return sizes.reduce((sum, [width, height]) => sum + Math.ceil((width * height) / MEGAPIXEL), 0);
}
