/** Takes an answer apart into the uneven pieces that a stream brings it in. */
import type { Draft } from "#simulator/model/model-behaviour";
import { countTokens, tokens } from "#simulator/model/tokens";

/** One step of a streamed answer, and the output tokens that it took to produce. */
export type Step = { readonly choice: number; readonly tokens: number } & (
	| { readonly kind: "reasoning" | "text"; readonly text: string }
	/** The thinking is over. */
	| { readonly kind: "thought" }
	/** A tool call begins; `call` counts the calls of one choice. */
	| { readonly kind: "call"; readonly call: number }
	| { readonly kind: "input"; readonly call: number; readonly text: string }
	/** The tool call is complete. */
	| { readonly kind: "called"; readonly call: number }
	| { readonly kind: "finish" }
);

/** Tokens per piece, in turn. */
const SIZES = [1, 3, 2, 5, 1, 4];

/** A text in pieces of a few tokens each. */
function piecesOf(text: string): { text: string; tokens: number }[] {
	const all = tokens(text);
	const pieces: { text: string; tokens: number }[] = [];
	for (let at = 0, turn = 0; at < all.length; turn++) {
		const piece = all.slice(at, at + (SIZES[turn % SIZES.length] ?? 1));
		pieces.push({ text: piece.join(""), tokens: piece.length });
		at += piece.length;
	}
	return pieces;
}

/** The steps of all choices, interleaved as vendors do: one step of each choice in turn. */
export function stepsOf(drafts: readonly Draft[]): Step[] {
	const lanes = drafts.map(laneOf);
	const steps: Step[] = [];
	for (let at = 0; lanes.some((lane) => at < lane.length); at++) {
		for (const lane of lanes) {
			const step = lane[at];
			if (step !== undefined) steps.push(step);
		}
	}
	return steps;
}

function laneOf(draft: Draft, choice: number): Step[] {
	const lane: Step[] = [];
	for (const piece of piecesOf(draft.reasoning)) lane.push({ kind: "reasoning", choice, ...piece });
	if (draft.reasoning !== "") lane.push({ kind: "thought", choice, tokens: 0 });
	for (const piece of piecesOf(draft.text)) lane.push({ kind: "text", choice, ...piece });
	for (const [call, { name, input }] of draft.calls.entries()) {
		lane.push({ kind: "call", choice, call, tokens: countTokens(name) });
		for (const piece of piecesOf(input)) lane.push({ kind: "input", choice, call, ...piece });
		lane.push({ kind: "called", choice, call, tokens: 0 });
	}
	lane.push({ kind: "finish", choice, tokens: 0 });
	return lane;
}

/**
 * Cuts frames into the pieces of bytes that a network would deliver: inside frames, inside characters of several
 * bytes, and with the end of one frame glued to the beginning of the next.
 */
export class Cutter {
	#kept: Uint8Array = new Uint8Array(0);
	#turn = 0;

	/** The pieces that can leave when this frame is there. With `prompt` nothing of it is kept back. */
	push(frame: Uint8Array, prompt: boolean): Uint8Array[] {
		const turn = this.#turn++;
		const cut = cutPoint(frame, turn);
		const pieces = [concat(this.#kept, frame.subarray(0, cut))];
		// A copy: the reader that takes a piece takes its memory with it.
		const rest = frame.slice(cut);
		// Every third frame waits for the next one with its tail.
		this.#kept = !prompt && turn % 3 === 2 ? rest : new Uint8Array(0);
		if (this.#kept.length === 0) pieces.push(rest);
		return pieces.filter((piece) => piece.length > 0);
	}

	/** What was kept back. */
	end(): Uint8Array[] {
		const kept = this.#kept;
		this.#kept = new Uint8Array(0);
		return kept.length > 0 ? [kept] : [];
	}
}

/**
 * Inside the first character of several bytes, if there is one; else somewhere in the frame, wandering from turn to
 * turn.
 */
function cutPoint(frame: Uint8Array, turn: number): number {
	const inside = frame.findIndex((byte) => (byte & 0xc0) === 0x80);
	return inside !== -1 ? inside : (turn * 7 + 1) % Math.max(1, frame.length);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
	const joined = new Uint8Array(a.length + b.length);
	joined.set(a);
	joined.set(b, a.length);
	return joined;
}
