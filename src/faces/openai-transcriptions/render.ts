/** Writes transcripts as OpenAI does: as JSON, as text, or as subtitles. */
import type { Segment, Transcript } from "#core/audio/transcription";
import { promptTokens, type Usage } from "#core/chat/usage";
import type { AnswerHead, RawAnswer } from "#faces/face";
import { type NanoUsd, usdNumber } from "#metering/money";
import type { TranscriptStyle } from "./parse";

/** Milliseconds in a second. */
const SECOND = 1000;
const UTF_8 = new TextEncoder();

/** As JSON, with times where they were asked for. */
export function renderTranscript(
	_: AnswerHead,
	transcript: Transcript,
	usage: Usage,
	cost: NanoUsd | null,
	{ format, translates }: TranscriptStyle,
): Record<string, unknown> {
	const { text, language, segments, words, logprobs } = transcript;
	const shown = renderUsage(usage, cost);
	if (format === "diarized_json")
		return {
			task: "transcribe",
			duration: durationOf(transcript),
			text,
			segments: spokenSegments(segments),
			usage: shown,
		};
	if (format !== "verbose_json") return { text, ...(logprobs !== undefined && { logprobs }), usage: shown };
	return {
		task: translates ? "translate" : "transcribe",
		...(language !== undefined && { language }),
		duration: durationOf(transcript),
		text,
		...(segments !== undefined && {
			segments: segments.map(({ details, ...segment }, id) => ({ id, ...details, ...segment })),
		}),
		...(words !== undefined && { words }),
		usage: shown,
	};
}

/** In seconds: to the end of what was said where the vendor says no more. */
function durationOf({ duration, segments, words }: Transcript): number {
	return duration ?? segments?.at(-1)?.end ?? words?.at(-1)?.end ?? 0;
}

function spokenSegments(segments: Transcript["segments"] = []): readonly Record<string, unknown>[] {
	return segments.map(spokenSegment);
}

/** What one of the speakers said; `at` is its place among all, which names it where the vendor does not. */
export function spokenSegment({ details, ...segment }: Segment, at: number): Record<string, unknown> {
	return { id: `seg_${at}`, ...details, ...segment, type: "transcript.text.segment" };
}

/** What was billed: the time of the sound, or tokens. */
export function renderUsage(usage: Usage, cost: NanoUsd | null): Record<string, unknown> {
	const { audio, output, audioInput, source } = usage;
	const price = {
		cost: cost === null ? null : usdNumber(cost),
		...(source === "estimated" && { estimated: true }),
	};
	if (audio?.millisecond !== undefined) return { type: "duration", seconds: audio.millisecond / SECOND, ...price };
	const input = promptTokens(usage);
	return {
		type: "tokens",
		input_tokens: input,
		input_token_details: { text_tokens: input - audioInput, audio_tokens: audioInput },
		output_tokens: output,
		total_tokens: input + output,
		...price,
	};
}

/** As text or subtitles; null where JSON is wanted. */
export function rawTranscript(
	transcript: Transcript,
	_usage: Usage,
	_cost: NanoUsd | null,
	{ format }: TranscriptStyle,
): RawAnswer | null {
	const text = textOf(transcript, format);
	if (text === null) return null;
	const type = format === "vtt" ? "text/vtt; charset=utf-8" : "text/plain; charset=utf-8";
	return { status: 200, headers: { "content-type": type }, body: UTF_8.encode(text) };
}

function textOf({ text, segments = [] }: Transcript, format: TranscriptStyle["format"]): string | null {
	switch (format) {
		case "text":
			return `${text}\n`;
		case "srt":
			return segments.map((segment, at) => `${at + 1}\n${cue(segment, ",")}`).join("");
		case "vtt":
			return `WEBVTT\n\n${segments.map((segment) => cue(segment, ".")).join("")}`;
		default:
			return null;
	}
}

/** Its words stand in one line, without what would be read as the times of another. */
function cue({ start, end, text }: Segment, point: string): string {
	const words = text.replace(/\s+/g, " ").replaceAll("-->", "→").trim();
	return `${timeText(start, point)} --> ${timeText(end, point)}\n${words}\n\n`;
}

/** A time as "00:01:02.345". */
function timeText(seconds: number, point: string): string {
	const ms = Math.round(seconds * SECOND);
	const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
	const whole = Math.floor(ms / SECOND);
	const rest = String(ms % SECOND).padStart(3, "0");
	return `${two(whole / 3600)}:${two((whole / 60) % 60)}:${two(whole % 60)}${point}${rest}`;
}
