// How large pictures come that are drawn in a chat: by shape and resolution, in Google's words.

import type { Model } from "#catalog/model";
import type { ImageUnits } from "#core/images/units";
import { base64Of } from "#lib/text-bytes";
import { picture } from "#simulator/model/picture";

/** Pixels at the usual resolution, as Google publishes them. */
const SHAPES: Readonly<Record<string, readonly [width: number, height: number]>> = {
	"1:1": [1024, 1024],
	"2:3": [832, 1248],
	"3:2": [1248, 832],
	"3:4": [864, 1184],
	"4:3": [1184, 864],
	"4:5": [896, 1152],
	"5:4": [1152, 896],
	"9:16": [768, 1344],
	"16:9": [1344, 768],
	"21:9": [1536, 672],
};

/** By which factor each side is longer. */
const FACTORS = { "1K": 1, "2K": 2, "4K": 4 } as const;
type DrawnResolution = keyof typeof FACTORS;

/** A picture that a model draws beside what it says. */
export interface Drawn {
	/** Output tokens. */
	readonly tokens: number;
	/** What is billed beside them; absent for nothing. */
	readonly units?: ImageUnits;
	/** A PNG file in base64; null where the vendor's filter keeps it back. */
	readonly data: string | null;
}

/** A prompt that vendors draw nothing for. */
export const UNSAFE = /\[\[unsafe\]\]/;

/** What a model draws; null where it knows no such shape or resolution. */
export function drawnBy(
	{ traits: { drawn_tokens: tokens = { "1K": 1290 } } }: Pick<Model, "traits">,
	text: string,
	shape: string,
	resolution: string,
): Drawn | null {
	const factor = Object.hasOwn(FACTORS, resolution) ? FACTORS[resolution as DrawnResolution] : undefined;
	const count = tokens[resolution as DrawnResolution];
	const pixels = Object.hasOwn(SHAPES, shape) ? SHAPES[shape] : undefined;
	if (factor === undefined || count === undefined || pixels === undefined) return null;
	if (UNSAFE.test(text)) return { tokens: 0, data: null };
	const [width, height] = pixels;
	return { tokens: count, data: base64Of(picture("png", width * factor, height * factor, text)) };
}
