// What the wires of reranks share: counting, and scores by the vectors of the texts, so that near texts come first.
import type { JsonObject } from "#lib/json";
import { embed } from "#simulator/model/embedding";
import { countTokens } from "#simulator/model/tokens";
import { SILENT } from "#simulator/wire/embeddings/play";
import type { Play, Seat } from "#simulator/wire/wire";

/** The length of the vectors that are compared. */
const DIMENSIONS = 512;

export interface Scored {
	readonly index: number;
	/** From 0 to 1. */
	readonly score: number;
	readonly text: string;
}

/** The documents to rank; `instruction` is read with each of them, as the query is. */
interface Question {
	readonly query: string;
	readonly instruction?: string;
	readonly documents: readonly string[];
	readonly top: number;
}

/**
 * Ranks documents; `write` makes the vendor's answer of the best, with what it costs in nano-dollars. Documents that
 * are too long are cut, not refused.
 */
export function rerankPlay(
	{ query, instruction = "", documents, top }: Question,
	{ model }: Pick<Seat, "model">,
	write: (results: readonly Scored[], tokens: number, cost: number) => JsonObject,
): Play {
	const asked = countTokens(query) + (instruction === "" ? 0 : countTokens(instruction));
	const total = documents.reduce((sum, text) => sum + asked + countTokens(text), 0);
	const vectorOf = (text: string) => embed(text, model.id, DIMENSIONS);
	return {
		question: SILENT,
		input: { total, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0, image: 0, sound: 0 },
		longest: 0,
		stream: false,
		whole: ({ cost }) => {
			const near = vectorOf(query);
			const scored = documents.map((text, index) => ({ index, text, score: likeness(near, vectorOf(text)) }));
			return write(scored.sort((a, b) => b.score - a.score).slice(0, top), total, cost);
		},
		nothing: () => write([], total, 0),
		frames: () => [],
	};
}

/** The cosine of the angle between two vectors of length one, from 0 to 1. */
function likeness(a: readonly number[], b: readonly number[]): number {
	const cosine = a.reduce((sum, number, at) => sum + number * (b[at] ?? 0), 0);
	return Math.min(1, Math.max(0, (1 + cosine) / 2));
}
