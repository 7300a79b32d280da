// OpenAI's embeddings, and how the vendors and servers that speak it too differ.
import * as v from "valibot";
import type { Json, JsonObject } from "#lib/json";
import { decode, type Problem, unknownKey } from "#simulator/wire/check";
import { openaiCompatible } from "#simulator/wire/openai-chat/compatible";
import { openaiChat } from "#simulator/wire/vendors/openai";
import { openaiError, openaiMalformed } from "#simulator/wire/vendors/openai-errors";
import { openrouter } from "#simulator/wire/vendors/openrouter";
import { siliconflow } from "#simulator/wire/vendors/siliconflow";
import type { Play, Refusal, Seat, Wire } from "#simulator/wire/wire";
import { dimensionsOf, embeddingPlay, type Input, packed, vectorFor } from "./play";

const Tokens = v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.minLength(1));
const BodySchema = v.looseObject({
	model: v.string(),
	input: v.union([v.string(), v.array(v.string()), Tokens, v.array(Tokens)]),
	encoding_format: v.exactOptional(v.picklist(["float", "base64"])),
	dimensions: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
	user: v.exactOptional(v.string()),
});
const KEYS = new Set(Object.keys(BodySchema.entries));

/** How a vendor differs from OpenAI. */
interface Variant {
	/** Inputs in one call. */
	readonly most: number;
	/** Of all inputs of one call together. */
	readonly mostTokens: number;
	/** The fields that it knows; null for one that passes over what it does not know. */
	readonly keys: ReadonlySet<string> | null;
	/** Whether it takes tokens. */
	readonly tokens: boolean;
	/** Whether it knows base64; it answers with numbers else, whatever it is asked for. */
	readonly base64: boolean;
	/** A refusal in the vendor's words. */
	invalid(message: string, param: string): Refusal;
	malformed(problem: Problem): never;
}

function read(raw: JsonObject, seat: Seat, variant: Variant): Play {
	const body = decode(BodySchema, raw, variant.malformed);
	const stranger = variant.keys === null ? undefined : unknownKey(body, variant.keys);
	if (stranger !== undefined) throw variant.invalid(`Unrecognized request argument supplied: ${stranger}`, stranger);
	const inputs = inputsOf(body.input);
	if (inputs.length === 0 || inputs.some(({ length }) => length === 0))
		throw variant.invalid("'$.input' is invalid. Please check the API reference.", "input");
	if (!variant.tokens && inputs.some((input) => typeof input !== "string"))
		throw variant.invalid("Value error, input: expected a string or an array of strings", "input");
	if (inputs.length > variant.most)
		throw variant.invalid(`Invalid 'input': maximum array length is ${variant.most}.`, "input");
	const full = dimensionsOf(seat);
	const { dimensions = full } = body;
	if (body.dimensions !== undefined && seat.model.traits.fixed_dimensions === true)
		throw variant.invalid("This model does not support specifying dimensions.", "dimensions");
	if (dimensions > full) throw variant.invalid(`Invalid value for 'dimensions' = ${dimensions}.`, "dimensions");
	const write =
		variant.base64 && body.encoding_format === "base64" ? packed : (vector: readonly number[]) => [...vector];
	const play = embeddingPlay(
		inputs,
		(input) => vectorFor(input, seat, dimensions, true),
		(vectors, tokens) => ({
			object: "list",
			data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: write(vector) as Json })),
			model: seat.model.id,
			usage: { prompt_tokens: tokens, total_tokens: tokens },
		}),
	);
	if (play.input.total > variant.mostTokens) {
		throw variant.invalid(
			`Requested ${play.input.total} tokens, max ${variant.mostTokens} tokens per request`,
			"input",
		);
	}
	return play;
}

function inputsOf(input: v.InferOutput<typeof BodySchema>["input"]): readonly Input[] {
	if (typeof input === "string") return [input];
	return typeof input[0] === "number" ? [input as number[]] : (input as readonly Input[]);
}

function wireOf(chat: Wire, variant: Variant): Wire {
	return {
		...chat,
		read(body, seat) {
			const isForChat = seat.model.unlisted !== true && seat.model.tools && !seat.model.output.includes("embedding");
			if (isForChat && variant.keys !== null) throw chat.noModel(seat.modelId);
			return read(body, seat, variant);
		},
	};
}

const OPENAI: Variant = {
	most: 2_048,
	mostTokens: 300_000,
	keys: KEYS,
	tokens: true,
	base64: true,
	invalid: (message, param) => openaiError(400, message, param),
	malformed: openaiMalformed,
};

export const openaiEmbeddings: Wire = {
	...wireOf(openaiChat, OPENAI),
	tooLong: (context, tokens) =>
		openaiError(
			400,
			`This model's maximum context length is ${context} tokens, however you requested ${tokens} tokens (${tokens} in your prompt; 0 for the completion). Please reduce your prompt; or completion length.`,
		),
};
export const openrouterEmbeddings: Wire = wireOf(openrouter, { ...OPENAI, most: 100, keys: null });
export const siliconflowEmbeddings: Wire = wireOf(siliconflow, {
	...OPENAI,
	most: 32,
	mostTokens: Number.POSITIVE_INFINITY,
	keys: new Set([...KEYS].filter((key) => key !== "user")),
	tokens: false,
	invalid: (message) => siliconflow.failure(400, message),
	malformed: ({ path, expected, received }) => {
		throw siliconflow.failure(400, `Value error, ${path}: expected ${expected}, received ${received}`);
	},
});
export const compatibleEmbeddings: Wire = wireOf(openaiCompatible, {
	...OPENAI,
	most: 32,
	mostTokens: Number.POSITIVE_INFINITY,
	keys: null,
	base64: false,
});
