// What a model says aloud in a chat: the words that it would have written, as silence of their length.
import type { JsonObject } from "#lib/json";
import { base64Of } from "#lib/text-bytes";
import { type SoundFormat, silenceAs, spokenMs } from "#simulator/model/sound";
import type { Seat } from "#simulator/wire/wire";

/** What OpenAI counts of sound that it makes, in tokens a second. */
const TOKENS_PER_SECOND = 20;
/** Milliseconds in a second. */
const SECOND = 1000;
/** How long OpenAI knows the sound of an answer by its id, in seconds. */
const KEPT_SECONDS = 3_600;

/** The tokens of a text's sound, beside those of the text. */
export function soundTokens(text: string): number {
	return Math.ceil((spokenMs(text) * TOKENS_PER_SECOND) / SECOND);
}

/** The sound of a whole answer. */
export function soundOf(text: string, format: SoundFormat, seat: Seat): JsonObject {
	const bytes = silenceAs(format, spokenMs(text)).flatMap((piece) => [...piece]);
	return { ...endOf(seat), data: base64Of(Uint8Array.from(bytes)), transcript: text };
}

/** What ends the sound of a stream. */
export function endOf({ id, now }: Seat): JsonObject {
	return { id: `audio_${id.slice(0, 24)}`, expires_at: Math.floor(now / SECOND) + KEPT_SECONDS };
}
