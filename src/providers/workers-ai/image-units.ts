// What an image of Workers AI is billed by: its size, that of the pictures that it is made from, and the model's steps.
import type { Model } from "#catalog/model";
import { unsupportedParameter } from "#core/errors";
import type { ImagesRequest } from "#core/images/images";
import { type PictureSize, pictureSize } from "#core/images/picture-size";
import type { ImageUnits } from "#core/images/units";
import { pixelsOf, sizeFor } from "#providers/shared/images/codec";

/** The side of the square that is billed, in pixels. */
const TILE_PIXELS = 512;
/** Pixels of a megapixel, as it is billed. */
const MEGAPIXEL = 1024 * 1024;
/** What a model makes that names no size. */
const USUAL_SIZE: PictureSize = [1024, 1024];
/** What models take that name no number of steps. */
const USUAL_STEPS = [4, 8] as const;

/** What one image is billed, in the units that have a price. Throws `GatewayError` for what the model does not make. */
export function unitsOf(request: ImagesRequest, model: Model): ImageUnits {
	const size = pixelsFor(request, model);
	const { count: steps } = stepsFor(request, model);
	const times = model.traits.tiles_by_step === true ? steps : 1;
	const seen = seenBy(request, model);
	const units: Required<ImageUnits> = {
		image: 1,
		tile: tiles(size) * times,
		step: steps,
		input_tile: sum(seen.map(tiles)) * times,
		megapixel: sum([size, ...seen].map(megapixels)),
	};
	return Object.fromEntries(
		Object.keys(model.rules.imageFees ?? {}).map((unit) => [unit, units[unit as keyof ImageUnits]]),
	);
}

/** Width and height of an image, in pixels. Throws `GatewayError` for a size that the model does not make. */
export function pixelsFor(request: ImagesRequest, model: Model): PictureSize {
	return pixelsOf(sizeFor(request, model)) ?? USUAL_SIZE;
}

/**
 * As many steps as the caller wants of Workers AI, or as its quality means; fixed where the model takes no other
 * number. Throws `GatewayError` for a number that it does not take.
 */
export function stepsFor(
	{ quality, providerExtensions }: ImagesRequest,
	{ provider, id, traits }: Model,
): { readonly count: number; readonly isFixed: boolean } {
	const [usual, most] = traits.steps ?? USUAL_STEPS;
	const isFixed = usual === most;
	const wanted = providerExtensions[provider]?.steps;
	if (wanted === undefined) return { count: quality === "high" ? most : usual, isFixed };
	const least = isFixed ? usual : 1;
	if (typeof wanted !== "number" || !Number.isInteger(wanted) || wanted < least || wanted > most)
		throw unsupportedParameter(`${provider}.steps`, `\`${id}\` takes ${least} to ${most} steps`);
	return { count: wanted, isFixed };
}

/** The sizes of the pictures that an image is made from. Throws `GatewayError` for one that is too large or unknown. */
function seenBy({ pictures }: ImagesRequest, { id, traits }: Model): readonly PictureSize[] {
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

function tiles([width, height]: PictureSize): number {
	return Math.ceil(width / TILE_PIXELS) * Math.ceil(height / TILE_PIXELS);
}

function megapixels([width, height]: PictureSize): number {
	return Math.ceil((width * height) / MEGAPIXEL);
}

function sum(numbers: readonly number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
