/** What vendors bill of images beside tokens: whole images, tiles of 512 by 512 pixels, or steps of the model. */

export const IMAGE_UNITS = ["image", "tile", "step"] as const;
export type ImageUnit = (typeof IMAGE_UNITS)[number];
/** How many of each, of all images of a call together. */
export type ImageUnits = Readonly<Partial<Record<ImageUnit, number>>>;

/** What a call for images comes to at most. An image is made whole or not at all, so that no limit makes it cheaper. */
export interface ImageAllowance {
	/** Output tokens of each image; 0 where the vendor counts none. */
	readonly tokens: number;
	readonly units: ImageUnits;
}
