/** What images are measured in: what vendors bill beside tokens, and sizes. */

/**
 * Whole images, tiles of 512 by 512 pixels, steps of the model, tiles of the pictures that it is made from, or
 * megapixels of 1024 by 1024 of both.
 */
export const IMAGE_UNITS = ["image", "tile", "step", "input_tile", "megapixel"] as const;
export type ImageUnit = (typeof IMAGE_UNITS)[number];
/** How many of each, of all images of a call together. */
export type ImageUnits = Readonly<Partial<Record<ImageUnit, number>>>;

/** What a call for images comes to at most. An image is made whole or not at all, so that no limit makes it cheaper. */
export interface ImageAllowance {
	/** Output tokens of each image; 0 where the vendor counts none. */
	readonly tokens: number;
	/** Input tokens of the pictures that it is made from, of all together, beside the prompts; absent for none. */
	readonly inputTokens?: number;
	/** Output tokens beside each image, of thoughts and words; absent for none. */
	readonly text?: number;
	readonly units: ImageUnits;
}

/** Width and height in pixels, as in "1024x1536". */
export const IMAGE_SIZE = /^[1-9]\d{1,3}x[1-9]\d{1,3}$/;

/** What Google calls the resolutions of its images, the coarsest first. */
export const RESOLUTIONS = ["1K", "2K", "4K"] as const;
export type Resolution = (typeof RESOLUTIONS)[number];
