// Sizes in pixels as Google's models have them, and resellers of those: a shape and a resolution.
import type { Model } from "#catalog/model";
import { unsupportedParameter } from "#core/errors";
import type { ImagesRequest } from "#core/images/images";
import { RESOLUTIONS, type Resolution } from "#core/images/units";
import { greatestOf } from "#lib/list";
import { pixelsOf } from "./codec";

/** Width by height. */
const SHAPES = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"] as const;
/** By how much a size may differ from a shape and still mean it, as a factor: Google's own sizes differ by 3 %. */
const SAME_SHAPE = 1.03;
/** The most pixels of a size that means each resolution: half as many again as its square has. */
const MOST_PIXELS: Readonly<Record<Resolution, number>> = {
	"1K": 1.5 * 1024 ** 2,
	"2K": 1.5 * 2048 ** 2,
	"4K": 1.5 * 4096 ** 2,
};
/** The most output tokens of an image of a model of which they are not known: what the dearest takes for 4K. */
const ANY_DRAWN_TOKENS = 2_520;

/** The shape and resolution of an image; null for what the model does by itself. */
interface ImageShape {
	readonly shape: string | null;
	readonly resolution: Resolution | null;
	/** The most output tokens of one such image. */
	readonly tokens: number;
	/** The most pixels of one such image. */
	readonly pixels: number;
}

/** What a size means. Throws `GatewayError` for one that is near no shape, or too large for the model. */
export function imageShape(
	{ size }: Pick<ImagesRequest, "size">,
	{ id, traits }: Pick<Model, "id" | "traits">,
): ImageShape {
	const { drawn_tokens: drawn } = traits;
	const tokensOf = (resolution: Resolution) => (drawn === undefined ? ANY_DRAWN_TOKENS : drawn[resolution]);
	const usual = tokensOf("1K") ?? greatestOf(Object.values(drawn ?? {}));
	const pixels = pixelsOf(size);
	if (pixels === null) return { shape: null, resolution: null, tokens: usual, pixels: MOST_PIXELS["1K"] };
	const [width, height] = pixels;
	const shape = SHAPES.find((name) => isNear(width / height, name));
	if (shape === undefined) throw unsupportedParameter("size", `\`${id}\` makes images of ${SHAPES.join(", ")}`);
	const resolution = RESOLUTIONS.find((name) => width * height <= MOST_PIXELS[name]);
	const tokens = resolution && tokensOf(resolution);
	if (resolution === undefined || tokens === undefined)
		throw unsupportedParameter("size", `\`${id}\` makes no images of as many pixels`);
	// Older models know no word for the only resolution that they have.
	return { shape, resolution: resolution === "1K" ? null : resolution, tokens, pixels: MOST_PIXELS[resolution] };
}

function isNear(ratio: number, shape: (typeof SHAPES)[number]): boolean {
	const [width = 1, height = 1] = shape.split(":").map(Number);
	const factor = (ratio * height) / width;
	return Math.max(factor, 1 / factor) <= SAME_SHAPE;
}
