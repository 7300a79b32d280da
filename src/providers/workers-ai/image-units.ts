// What an image of Workers AI is billed by: its size, that of the pictures that it is made from, and the model's steps.
import type { Model } from "#catalog/model";
import { unsupportedParameter } from "#core/errors";
import type { ImagesRequest } from "#core/images/images";
import type { PictureSize } from "#core/images/picture-size";
import type { ImageUnits } from "#core/images/units";
import { pixelsOf, sizeFor } from "#providers/shared/images/codec";
import { megapixelsOf, pictureSizes } from "#providers/shared/images/picture-sizes";

/** The side of the square that is billed, in pixels. */
const TILE_PIXELS = 512;
/** What a model makes that names no size. */
const USUAL_SIZE: PictureSize = [1024, 1024];
/** What models take that name no number of steps. */
const USUAL_STEPS = [4, 8] as const;

/** What one image is billed, in the units that have a price. Throws `GatewayError` for what the model does not make. */
export function unitsOf(request: ImagesRequest, model: Model): ImageUnits {
	const size = pixelsFor(request, model);
	const { count: steps } = stepsFor(request, model);
	const times = model.traits.tiles_by_step === true ? steps : 1;
	const seen = pictureSizes(request, model);
	const units: Required<ImageUnits> = {
		image: 1,
		tile: tiles(size) * times,
		step: steps,
		input_tile: sum(seen.map(tiles)) * times,
		megapixel: megapixelsOf([size, ...seen]),
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

function tiles([width, height]: PictureSize): number {
	return Math.ceil(width / TILE_PIXELS) * Math.ceil(height / TILE_PIXELS);
}

function sum(numbers: readonly number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
