/** Parses a request for embeddings into the canonical one. */
import * as v from "valibot";
import type { EmbeddingInput, EmbeddingsRequest, VectorEncoding } from "#core/embeddings/embeddings";
import { type GatewayError, invalidRequest } from "#core/errors";
import { validationError } from "#core/validation-error";
import type { Parsed } from "#faces/face";
import { extensionsOf, preferenceOf, STANDALONE_FIELDS, withoutNulls } from "#faces/standalone-fields";
import { isObject } from "#lib/json";

/** As OpenAI has it. */
const MAX_INPUTS = 2_048;
/** More numbers than a vector of any model has. */
const MAX_DIMENSIONS = 65_536;

/** Fields that the gateway reads; everything else is kept. */
const FIELDS = {
	...STANDALONE_FIELDS,
	encoding_format: v.exactOptional(v.picklist(["float", "base64"])),
	dimensions: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_DIMENSIONS))),
};
export const RequestSchema = v.looseObject(FIELDS);
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(FIELDS), "input"]);

/**
 * Parses a body into the canonical request. An object field named after a provider holds that provider's own
 * parameters: `providerNamed` returns the canonical name of one. Throws `GatewayError` 400 naming the offending field.
 */
export function parseEmbeddings(
	body: unknown,
	providerNamed: (field: string) => string | undefined,
): Parsed<EmbeddingsRequest, VectorEncoding> {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	const result = v.safeParse(RequestSchema, withoutNulls(body), { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	const wire = result.output;
	const encoding = wire.encoding_format ?? "float";
	return {
		request: {
			stream: false,
			inputs: inputsOf(wire.input),
			firstIndex: 0,
			encoding,
			...(wire.dimensions !== undefined && { dimensions: wire.dimensions }),
			...(wire.user !== undefined && { user: wire.user }),
			...extensionsOf(wire, KNOWN, providerNamed),
		},
		preference: preferenceOf(wire),
		style: encoding,
		relays: false,
	};
}

/** A text or its tokens, or a list of either. Throws `GatewayError` that names what is wrong by its index. */
function inputsOf(input: unknown): readonly EmbeddingInput[] {
	if (typeof input === "string") return [checked(input, "input")];
	if (!Array.isArray(input)) throw refused("input", "must be a string, an array of strings, or tokens");
	if (input.length === 0) throw refused("input", "must not be empty");
	if (typeof input[0] === "number") return [checked(input, "input")];
	if (input.length > MAX_INPUTS) throw refused("input", `must have at most ${MAX_INPUTS} entries`);
	const kind = typeof input[0];
	return input.map((each, at) => {
		const name = `input[${at}]`;
		const one = checked(each, name);
		if (typeof each !== kind)
			throw refused(name, `must be ${kind === "string" ? "a string" : "tokens"} like the first`);
		return one;
	});
}

function checked(input: unknown, name: string): EmbeddingInput {
	if (typeof input !== "string" && !Array.isArray(input)) throw refused(name, "must be a string or an array of tokens");
	if (input.length === 0) throw refused(name, "must not be empty");
	if (typeof input !== "string" && !input.every(isToken)) throw refused(name, "must hold tokens, which are integers");
	return input;
}

function isToken(value: unknown): value is number {
	return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function refused(name: string, problem: string): GatewayError {
	return invalidRequest(`\`${name}\` ${problem}`, name);
}
