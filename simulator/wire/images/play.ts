// What the wires of images share: counting, the pictures, and the parts of a play that only chat has.
import type { ImageUnits } from "#core/images/units";
import type { JsonObject } from "#lib/json";
import { base64Of } from "#lib/text-bytes";
import { type FileType, picture } from "#simulator/model/picture";
import { countTokens, IMAGE_TOKENS } from "#simulator/model/tokens";
import { SILENT } from "#simulator/wire/embeddings/play";
import type { Frame, InputTokens, Play } from "#simulator/wire/wire";

/** What a request draws. */
interface Drawing {
	readonly prompt: string;
	/** How many pictures it is drawn from. */
	readonly seen?: number;
	readonly n: number;
	readonly type: FileType;
	/** In pixels. */
	readonly width: number;
	readonly height: number;
	/** Output tokens of all images together. */
	readonly tokens: number;
	readonly units: ImageUnits;
}

/** Draws; `write` makes the vendor's answer of the pictures, in base64, with the input that was read. */
export function imagesPlay(
	{ prompt, seen = 0, n, type, width, height, tokens, units }: Drawing,
	write: (pictures: readonly string[], input: InputTokens) => JsonObject,
): Play {
	const image = seen * IMAGE_TOKENS;
	const total = countTokens(prompt) + image;
	const input = { total, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0, image, sound: 0 };
	const drawn = (at: number) => base64Of(picture(type, width, height, `${at} ${prompt}`));
	return {
		question: SILENT,
		input,
		made: { tokens, units },
		stream: false,
		whole: () =>
			write(
				Array.from({ length: n }, (_, at) => drawn(at)),
				input,
			),
		nothing: () => write([], input),
		frames: () => [],
	};
}

/**
 * The same as a stream of one image: `partials` times as far as it has come, for `each` output tokens more, and then
 * whole, as `write` makes an event of it.
 */
export function streamedPlay(
	play: Play,
	{
		partials,
		each,
		event,
	}: { readonly partials: number; readonly each: number; event(picture: string, index: number | null): string },
	shownAt: (index: number) => string,
): Play {
	const { made = { tokens: 0, units: {} } } = play;
	const more = partials * each;
	return {
		...play,
		made: { ...made, tokens: made.tokens + more },
		stream: true,
		frames: ({ usage }): Frame[] => {
			if (usage.imageOutput === 0) return [];
			const shown = Array.from({ length: partials }, (_, index) => ({
				text: event(shownAt(index), index),
				tokens: each,
			}));
			return [...shown, { text: event(shownAt(partials), null), tokens: made.tokens }];
		},
	};
}
