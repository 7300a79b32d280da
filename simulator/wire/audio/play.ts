// What the wires of speech and transcriptions share: what was said, what it is billed by, and the parts of a play.
import type { AudioUnits } from "#core/audio/units";
import type { JsonObject } from "#lib/json";
import type { Draft } from "#simulator/model/model-behaviour";
import { lengthOf } from "#simulator/model/sound";
import { countTokens } from "#simulator/model/tokens";
import { SILENT } from "#simulator/wire/embeddings/play";
import type { Frame, InputTokens, Play, Seat, UploadedFile } from "#simulator/wire/wire";

/** Milliseconds in a second. */
const SECOND = 1000;
/** What OpenAI counts of sound, in tokens. */
const TOKENS_PER_SECOND = 10;

/** What was heard in a file. */
interface Heard {
	readonly ms: number;
	readonly text: string;
	readonly segments: readonly { readonly start: number; readonly end: number; readonly text: string }[];
	readonly words: readonly { readonly start: number; readonly end: number; readonly word: string }[];
}

/** All recordings say the same of themselves; a file whose name has `silence` says nothing. */
export function heardIn({ name, bytes }: Pick<UploadedFile, "name" | "bytes">): Heard {
	const ms = Math.round(lengthOf(bytes));
	const seconds = ms / SECOND;
	const text = /silence/.test(name) ? "" : `This is a recording of ${seconds.toFixed(1)} seconds. It says no more.`;
	const sentences = text.match(/[^.]+\.(?:\d+[^.]*\.)?/g) ?? [];
	const segments = sentences.map((sentence, at) => ({
		start: rounded((seconds * at) / sentences.length),
		end: rounded((seconds * (at + 1)) / sentences.length),
		text: sentence.trim(),
	}));
	const spoken = text === "" ? [] : text.split(" ");
	const words = spoken.map((word, at) => ({
		word: word.replace(/\W+$/, ""),
		start: rounded((seconds * at) / spoken.length),
		end: rounded((seconds * (at + 1)) / spoken.length),
	}));
	return { ms, text, segments, words };
}

function rounded(seconds: number): number {
	return Math.round(seconds * 100) / 100;
}

/** Whether time is billed, and not tokens. */
export function isByMinute({ model }: Seat): boolean {
	return model.rules.audioFees?.minute !== undefined;
}

/** OpenAI bills whole seconds. */
export function billedSeconds({ ms }: Heard): number {
	return Math.ceil(ms / SECOND);
}

interface Answering {
	readonly heard: Heard;
	readonly prompt: string;
	readonly stream: boolean;
	readonly audio: AudioUnits;
	/** What each speaker says, where a stream tells them apart. */
	readonly turns?: readonly JsonObject[];
	/** The whole answer for a text and what it used. */
	whole(text: string, used: JsonObject): JsonObject;
}

/** Writes down what was heard. */
export function transcriptPlay({ heard, prompt, stream, audio, turns = [], whole }: Answering, seat: Seat): Play {
	const sound = Math.ceil((heard.ms / SECOND) * TOKENS_PER_SECOND);
	const input = { ...NOTHING, total: Math.max(1, sound + countTokens(prompt)), sound };
	const used = (output: number): JsonObject =>
		isByMinute(seat)
			? { type: "duration", seconds: billedSeconds(heard) }
			: {
					type: "tokens",
					input_tokens: input.total,
					input_token_details: { text_tokens: input.total - sound, audio_tokens: sound },
					output_tokens: output,
					total_tokens: input.total + output,
				};
	const said = ({ drafts }: { drafts: readonly Draft[] }) => drafts[0]?.text ?? "";
	return {
		question: { ...SILENT, n: 1 },
		says: heard.text,
		input,
		audio,
		stream,
		whole: (given) => whole(said(given), used(given.usage.output)),
		frames: (given) => {
			const text = said(given);
			const deltas = (text.match(/\S+\s*/g) ?? []).map(
				(delta): Frame => ({
					text: eventOf({ type: "transcript.text.delta", delta }),
					tokens: countTokens(delta.trimEnd()),
				}),
			);
			const counted = deltas.reduce((sum, { tokens }) => sum + tokens, 0);
			const done = eventOf({ type: "transcript.text.done", text, usage: used(given.usage.output) });
			const told = text === "" ? [] : turns.map((turn) => ({ text: eventOf(turn), tokens: 0 }));
			return [...deltas, ...told, { text: done, tokens: given.usage.output - counted }];
		},
	};
}

export const NOTHING: InputTokens = { total: 1, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0, image: 0, sound: 0 };

export function eventOf(data: JsonObject): string {
	return `data: ${JSON.stringify(data)}\n\n`;
}

interface Speaking {
	readonly input: InputTokens;
	readonly audio: AudioUnits;
	readonly pieces: readonly Uint8Array[];
	/** Tokens of all the sound; a piece each where it is not billed by them. */
	readonly tokens?: number;
	readonly streamType: string;
	/** How a piece is written; as it is unless given. */
	write?(piece: Uint8Array): string;
	/** What follows the sound. */
	end?(): string;
}

/** Says a text: piece by piece, and nothing where the model has nothing to say. */
export function speechPlay({ input, audio, pieces, tokens, streamType, write, end }: Speaking): Play {
	const output = tokens ?? pieces.length;
	return {
		question: { ...SILENT, n: 1 },
		says: "sound",
		spoken: output,
		input,
		audio,
		stream: true,
		streamType,
		whole: () => ({}),
		frames: ({ drafts }) => {
			const isSilent = drafts.every(({ text }) => text === "");
			const sounds = (isSilent ? [] : pieces).map((piece, at): Frame => {
				// Tokens are spread over the pieces, to the last one.
				const share = Math.floor((output * (at + 1)) / pieces.length) - Math.floor((output * at) / pieces.length);
				return { text: write?.(piece) ?? "", ...(write === undefined && { bytes: piece }), tokens: share };
			});
			return end === undefined ? sounds : [...sounds, { text: end(), tokens: 0 }];
		},
	};
}
