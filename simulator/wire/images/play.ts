// What the wires of images share: counting, the pictures, and the parts of a play that only chat has.
import type { ImageUnits } from "#core/images/units";
import type { JsonObject } from "#lib/json";
import { base64Of } from "#lib/text-bytes";
import { type FileType, picture } from "#simulator/model/picture";
import { countTokens } from "#simulator/model/tokens";
import { SILENT } from "#simulator/wire/embeddings/play";
import type { Play } from "#simulator/wire/wire";

/** What a request draws. */
interface Drawing {
	readonly prompt: string;
	readonly n: number;
	readonly type: FileType;
	/** In pixels. */
	readonly width: number;
	readonly height: number;
	/** Output tokens of all images together. */
	readonly tokens: number;
	readonly units: ImageUnits;
}

/** Draws; `write` makes the vendor's answer of the pictures, in base64, with the tokens of the prompt. */
export function imagesPlay(
	{ prompt, n, type, width, height, tokens, units }: Drawing,
	write: (pictures: readonly string[], promptTokens: number) => JsonObject,
): Play {
	const total = countTokens(prompt);
	return {
		question: SILENT,
		input: { total, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0, image: 0, sound: 0 },
		made: { tokens, units },
		stream: false,
		whole: () =>
			write(
				Array.from({ length: n }, (_, at) => base64Of(picture(type, width, height, `${at} ${prompt}`))),
				total,
			),
		nothing: () => write([], total),
		frames: () => [],
	};
}
