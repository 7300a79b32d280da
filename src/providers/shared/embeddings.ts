// What the codecs of embeddings share: splitting a request, asking for a length of vectors, and reading them.
import type { Model } from "#catalog/model";
import type { EmbeddingInput, EmbeddingsRequest, Vector } from "#core/embeddings/embeddings";
import { unsupportedParameter } from "#core/errors";
import type { Fault, UpstreamError } from "#core/fault";
import { base64ToFloats } from "#lib/float32-base64";
import type { JsonObject } from "#lib/json";
import { greatestOf } from "#lib/list";
import { byteLength } from "#lib/text-bytes";
import type { CallPart } from "#providers/adapter";
import { empty, malformed } from "./faults";

/** What a vendor takes in one call. */
export interface BatchLimit {
	readonly inputs: number;
	/** Of all inputs together; absent for no limit. */
	readonly tokens?: number;
}

/**
 * The calls that a request is split into, each with the fields that `fieldsOf` makes of its inputs; undefined where one
 * call takes all. A text counts as many tokens as it has bytes, since that is the most that it can have.
 */
export function partsOf(
	request: EmbeddingsRequest,
	{ traits }: Pick<Model, "traits">,
	limit: BatchLimit,
	fieldsOf: (inputs: readonly EmbeddingInput[]) => JsonObject,
): readonly CallPart[] | undefined {
	const { inputs, firstIndex } = request;
	const mostInputs = traits.max_inputs ?? limit.inputs;
	const parts: CallPart[] = [];
	let begin = 0;
	let tokens = 0;
	const close = (end: number) => {
		const own = inputs.slice(begin, end);
		parts.push({
			fields: fieldsOf(own),
			request: { ...request, inputs: own, firstIndex: firstIndex + begin } as CallPart["request"],
		});
	};
	for (const [at, input] of inputs.entries()) {
		const size = typeof input === "string" ? byteLength(input) : input.length;
		if (at > begin && (at - begin >= mostInputs || tokens + size > (limit.tokens ?? Number.POSITIVE_INFINITY))) {
			close(at);
			begin = at;
			tokens = 0;
		}
		tokens += size;
	}
	if (begin === 0) return undefined;
	close(inputs.length);
	return parts;
}

/**
 * The length of vectors that a provider has to be asked for; undefined where it makes what is wanted by itself. Throws
 * `GatewayError` where the model has no vectors of that length.
 */
export function dimensionsAsked({ dimensions }: EmbeddingsRequest, { id, traits }: Model): number | undefined {
	const { dimensions: most, fixed_dimensions: isFixed } = traits;
	if (dimensions === undefined || most === undefined) return dimensions;
	if (dimensions > most || (isFixed === true && dimensions !== most)) {
		throw unsupportedParameter(
			"dimensions",
			`\`${id}\` makes vectors of ${isFixed === true ? "" : "at most "}${most} numbers`,
		);
	}
	return dimensions === most ? undefined : dimensions;
}

/** The texts of a request. Throws `GatewayError` where some are given in tokens, which the vendor does not take. */
export function textsOf({ inputs, firstIndex }: EmbeddingsRequest, { id }: Pick<Model, "id">): readonly string[] {
	return inputs.map((input, at) => {
		if (typeof input === "string") return input;
		throw unsupportedParameter(`input[${firstIndex + at}]`, `\`${id}\` takes texts and no tokens`);
	});
}

/** Checks the vectors of an answer, one for each input, in order. Throws `UpstreamError`. */
export function vectorsFor({ inputs, dimensions }: EmbeddingsRequest, found: readonly unknown[]): readonly Vector[] {
	if (found.length === 0) throw empty();
	if (found.length !== inputs.length)
		throw malformed(`the answer has ${found.length} embeddings for ${inputs.length} inputs`);
	const length = numbersOf(found[0]).length;
	if (dimensions !== undefined && length !== dimensions)
		throw malformed(`the embeddings have ${length} numbers instead of ${dimensions}`);
	return found.map((vector) => {
		const numbers = numbersOf(vector);
		if (numbers.length !== length) throw malformed("the embeddings differ in length");
		if (!numbers.every((number) => Number.isFinite(Math.fround(number)))) throw notNumbers();
		return typeof vector === "string" ? vector : numbers;
	});
}

function numbersOf(vector: unknown): readonly number[] {
	const numbers = typeof vector === "string" ? base64ToFloats(vector) : vector;
	if (!Array.isArray(numbers) || numbers.length === 0 || !numbers.every((each) => typeof each === "number")) {
		throw notNumbers();
	}
	return numbers;
}

function notNumbers(): UpstreamError {
	return malformed("an embedding is no list of numbers");
}

/** The place of an input, as vendors write it in their refusals. */
const PLACE = /\binput\[(\d{1,5})\]/;

/** A refusal of an input that is too long names which: the one that the vendor names, or else the longest. */
export function blameInput(fault: Fault, { inputs, firstIndex }: EmbeddingsRequest): Fault {
	const named = PLACE.exec(fault.message)?.[1];
	if (named === undefined && fault.kind !== "context_length") return fault;
	const lengths = inputs.map((input) => (typeof input === "string" ? byteLength(input) : input.length));
	const at = named === undefined ? lengths.indexOf(greatestOf(lengths)) : Number(named);
	const param = `input[${firstIndex + at}]`;
	const message =
		named === undefined ? `the longest is \`${param}\`: ${fault.message}` : fault.message.replace(PLACE, param);
	return { ...fault, param, message };
}

/** For codecs: embeddings come whole. */
export function noStream(): never {
	throw malformed("the answer is a stream of events");
}
