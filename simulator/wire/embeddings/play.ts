// What the wires of embeddings share: counting, the vectors, and the parts of a play that only chat has.
import type { JsonObject } from "#lib/json";
import { greatestOf } from "#lib/list";
import { base64Of } from "#lib/text-bytes";
import { embed, unit } from "#simulator/model/embedding";
import type { Question } from "#simulator/model/model-behaviour";
import { countTokens } from "#simulator/model/tokens";
import type { Play, Seat } from "#simulator/wire/wire";

/** How many numbers the vectors of a model have that says nothing of it. */
const USUAL_DIMENSIONS = 768;

/** A model that embeds, ranks or moderates says nothing. */
export const SILENT: Question = {
	text: "",
	results: [],
	attachments: [],
	tools: [],
	choice: "none",
	parallel: false,
	json: null,
	thinking: 0,
	stop: [],
	limit: 0,
	n: 0,
};

export type Input = string | readonly number[];

/** Embeds `inputs`; `write` makes the vendor's answer of the vectors. */
export function embeddingPlay(
	inputs: readonly Input[],
	vectorOf: (input: Input, at: number) => readonly number[],
	write: (vectors: readonly (readonly number[])[], tokens: number) => JsonObject,
): Play {
	const counts = inputs.map((input) => (typeof input === "string" ? countTokens(input) : input.length));
	const total = counts.reduce((sum, count) => sum + count, 0);
	return {
		question: SILENT,
		input: { total, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0, image: 0, sound: 0 },
		longest: greatestOf(counts),
		stream: false,
		whole: () => write(inputs.map(vectorOf), total),
		nothing: () => write([], total),
		frames: () => [],
	};
}

/** How many numbers a model's vectors have when a request asks for none. */
export function dimensionsOf({ model }: Pick<Seat, "model">): number {
	return model.traits.dimensions ?? USUAL_DIMENSIONS;
}

/** A model's vector for an input, cut to `dimensions` numbers: to a length of one again where the vendor does that. */
export function vectorFor(input: Input, seat: Seat, dimensions: number, isNormal: boolean): readonly number[] {
	const whole = embed(input, seat.model.id, dimensionsOf(seat));
	const cut = whole.slice(0, dimensions);
	return isNormal ? unit(cut) : cut;
}

/** Base64 of a vector as 32-bit floats. */
export function packed(vector: readonly number[]): string {
	return base64Of(new Uint8Array(new Float32Array(vector).buffer));
}
