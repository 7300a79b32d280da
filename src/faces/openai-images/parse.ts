/** Parses a request for images into the canonical one. */
import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import type { ImagesRequest } from "#core/images/images";
import { validationError } from "#core/validation-error";
import type { Parsed } from "#faces/face";
import { ProviderSchema } from "#faces/openai-chat/preference";
import { EndUser } from "#faces/openai-chat/schema";
import { TargetName, TargetNames } from "#faces/openai-chat/target-name";
import { isObject, type JsonObject } from "#lib/json";

/** As OpenAI has it. */
const MAX_IMAGES = 10;
/** As OpenAI has it, in characters. */
const MAX_PROMPT_CHARACTERS = 32_000;
/** The most names in `models`. */
const MAX_MODELS = 32;
/** A word with which a vendor names a setting, in characters. */
const MAX_WORD_CHARACTERS = 40;

const Word = v.pipe(v.string(), v.minLength(1, "must not be empty"), v.maxLength(MAX_WORD_CHARACTERS));

/** Fields that the gateway reads; everything else is kept. */
const FIELDS = {
	model: v.exactOptional(TargetName),
	models: v.exactOptional(v.pipe(TargetNames, v.maxLength(MAX_MODELS, `must have at most ${MAX_MODELS} names`))),
	provider: v.exactOptional(ProviderSchema),
	prompt: v.pipe(
		v.string(),
		v.minLength(1, "must not be empty"),
		v.maxLength(MAX_PROMPT_CHARACTERS, `must have at most ${MAX_PROMPT_CHARACTERS} characters`),
	),
	n: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_IMAGES))),
	size: v.exactOptional(
		v.pipe(v.string(), v.regex(/^(?:auto|[1-9]\d{1,3}x[1-9]\d{1,3})$/, "must be auto, or a size such as 1024x1024")),
	),
	quality: v.exactOptional(Word),
	background: v.exactOptional(Word),
	output_format: v.exactOptional(Word),
	output_compression: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100))),
	moderation: v.exactOptional(Word),
	response_format: v.exactOptional(v.picklist(["url", "b64_json"])),
	user: v.exactOptional(EndUser),
	stream: v.exactOptional(v.literal(false, "can only be false: images are not streamed here")),
	partial_images: v.exactOptional(v.literal(0, "can only be 0: images are not streamed here")),
};
export const RequestSchema = v.looseObject(FIELDS);
const KNOWN: ReadonlySet<string> = new Set(Object.keys(FIELDS));

/**
 * Parses a body into the canonical request. An object field named after a provider holds that provider's own
 * parameters: `providerNamed` returns the canonical name of one. Throws `GatewayError` 400 naming the offending field.
 */
export function parseImages(
	body: unknown,
	providerNamed: (field: string) => string | undefined,
): Parsed<ImagesRequest, null> {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	// At the top `null` means an absent field.
	const present = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
	const result = v.safeParse(RequestSchema, present, { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	const { output: wire } = result;
	const extensions: JsonObject = {};
	const providerExtensions: Record<string, JsonObject> = {};
	for (const [field, value] of Object.entries(wire)) {
		if (KNOWN.has(field)) continue;
		const provider = isObject(value) ? providerNamed(field) : undefined;
		// They come from parsed JSON.
		if (provider === undefined) extensions[field] = value as JsonObject[string];
		else providerExtensions[provider] = ownFields(field, value as JsonObject);
	}
	return {
		request: {
			stream: false,
			prompt: wire.prompt,
			...(wire.n !== undefined && { n: wire.n }),
			...(wire.size !== undefined && { size: wire.size }),
			...(wire.quality !== undefined && { quality: wire.quality }),
			...(wire.background !== undefined && { background: wire.background }),
			...(wire.output_format !== undefined && { outputFormat: wire.output_format }),
			...(wire.output_compression !== undefined && { outputCompression: wire.output_compression }),
			...(wire.moderation !== undefined && { moderation: wire.moderation }),
			...(wire.response_format !== undefined && { form: wire.response_format }),
			...(wire.user !== undefined && { user: wire.user }),
			extensions,
			providerExtensions,
		},
		preference: {
			...(wire.model !== undefined && { model: wire.model }),
			...(wire.models !== undefined && { models: wire.models }),
			...(wire.provider !== undefined && { provider: wire.provider }),
		},
		style: null,
		relays: false,
	};
}

/** What an image costs is read at the top, and only there. */
function ownFields(provider: string, fields: JsonObject): JsonObject {
	const foreign = Object.keys(fields).find((field) => KNOWN.has(field));
	if (foreign === undefined) return fields;
	const name = `${provider}.${foreign}`;
	throw invalidRequest(`\`${name}\` must be given at the top, as \`${foreign}\``, name);
}
