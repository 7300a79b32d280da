/** Parses a request for embeddings into the canonical one. */
import * as v from "valibot";
import type { EmbeddingInput, EmbeddingsRequest, VectorEncoding } from "#core/embeddings/embeddings";
import { type GatewayError, invalidRequest } from "#core/errors";
import { validationError } from "#core/validation-error";
import type { Parsed } from "#faces/face";
import { ProviderSchema } from "#faces/openai-chat/preference";
import { EndUser } from "#faces/openai-chat/schema";
import { TargetName, TargetNames } from "#faces/openai-chat/target-name";
import { isObject, type JsonObject } from "#lib/json";

/** As OpenAI has it. */
const MAX_INPUTS = 2_048;
/** The most names in `models`. */
const MAX_MODELS = 32;
/** More numbers than a vector of any model has. */
const MAX_DIMENSIONS = 65_536;

/** Fields that the gateway reads; everything else is kept. */
const FIELDS = {
	model: v.exactOptional(TargetName),
	models: v.exactOptional(v.pipe(TargetNames, v.maxLength(MAX_MODELS, `must have at most ${MAX_MODELS} names`))),
	provider: v.exactOptional(ProviderSchema),
	encoding_format: v.exactOptional(v.picklist(["float", "base64"])),
	dimensions: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_DIMENSIONS))),
	user: v.exactOptional(EndUser),
	stream: v.exactOptional(v.literal(false, "can only be false: embeddings have no stream")),
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
	const extensions: JsonObject = {};
	const providerExtensions: Record<string, JsonObject> = {};
	for (const [field, value] of Object.entries(wire)) {
		if (KNOWN.has(field)) continue;
		const provider = isObject(value) ? providerNamed(field) : undefined;
		// They come from parsed JSON.
		if (provider === undefined) extensions[field] = value as JsonObject[string];
		else providerExtensions[provider] = value as JsonObject;
	}
	const encoding = wire.encoding_format ?? "float";
	return {
		request: {
			stream: false,
			inputs: inputsOf(wire.input),
			firstIndex: 0,
			encoding,
			...(wire.dimensions !== undefined && { dimensions: wire.dimensions }),
			...(wire.user !== undefined && { user: wire.user }),
			extensions,
			providerExtensions,
		},
		preference: {
			...(wire.model !== undefined && { model: wire.model }),
			...(wire.models !== undefined && { models: wire.models }),
			...(wire.provider !== undefined && { provider: wire.provider }),
		},
		style: encoding,
		relays: false,
	};
}

/** At the top `null` means an absent field. */
function withoutNulls(body: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
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
