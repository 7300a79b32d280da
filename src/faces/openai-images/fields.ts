// The fields that requests for images have in common, and the canonical request that is made of them.
import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import type { ImagesRequest } from "#core/images/images";
import { IMAGE_SIZE } from "#core/images/units";
import type { Parsed } from "#faces/face";
import { extensionsOf, preferenceOf, STANDALONE_FIELDS } from "#faces/standalone-fields";

/** As OpenAI has it. */
export const MAX_IMAGES = 10;
/** As OpenAI has it: how often a stream may show an image before it is done. */
export const MAX_PARTIAL_IMAGES = 3;
/** As OpenAI has it, in characters. */
const MAX_PROMPT_CHARACTERS = 32_000;
/** A word with which a vendor names a setting, in characters. */
const MAX_WORD_CHARACTERS = 40;

export const Word = v.pipe(v.string(), v.minLength(1, "must not be empty"), v.maxLength(MAX_WORD_CHARACTERS));

export const Prompt = v.pipe(
	v.string(),
	v.minLength(1, "must not be empty"),
	v.maxLength(MAX_PROMPT_CHARACTERS, `must have at most ${MAX_PROMPT_CHARACTERS} characters`),
);

/** Fields that are texts, so that forms have them as JSON does. */
export const TEXT_FIELDS = {
	model: STANDALONE_FIELDS.model,
	models: STANDALONE_FIELDS.models,
	provider: STANDALONE_FIELDS.provider,
	size: v.exactOptional(
		v.pipe(
			v.string(),
			v.check((size) => size === "auto" || IMAGE_SIZE.test(size), "must be auto, or a size such as 1024x1024"),
		),
	),
	quality: v.exactOptional(Word),
	background: v.exactOptional(Word),
	output_format: v.exactOptional(Word),
	moderation: v.exactOptional(Word),
	response_format: v.exactOptional(v.picklist(["url", "b64_json"])),
	user: STANDALONE_FIELDS.user,
};

const WireSchema = v.looseObject({
	...TEXT_FIELDS,
	prompt: v.exactOptional(v.string()),
	n: v.exactOptional(v.number()),
	output_compression: v.exactOptional(v.number()),
	stream: v.exactOptional(v.boolean()),
	partial_images: v.exactOptional(v.number()),
});
type Wire = v.InferOutput<typeof WireSchema>;

type Pictures = Pick<ImagesRequest, "task" | "pictures" | "mask" | "inputFidelity">;

/**
 * The request that valid fields come to; `known` are those that the gateway reads, and the others are kept. Throws
 * `GatewayError` 400 for fields that contradict each other.
 */
export function requestOf(
	wire: Wire,
	pictures: Pictures,
	known: ReadonlySet<string>,
	providerNamed: (field: string) => string | undefined,
): Parsed<ImagesRequest, ImagesRequest["task"]> {
	const { stream = false, partial_images: partialImages = 0 } = wire;
	if (partialImages > 0 && !stream) throw invalidRequest("`partial_images` needs `stream: true`", "partial_images");
	if (stream && (wire.n ?? 1) > 1) throw invalidRequest("a stream shows one image: `n` can only be 1", "n");
	const more = extensionsOf(wire, known, providerNamed);
	for (const [provider, fields] of Object.entries(more.providerExtensions)) checkOwn(provider, fields, known);
	return {
		request: {
			stream,
			...pictures,
			prompt: wire.prompt ?? "",
			...(wire.n !== undefined && { n: wire.n }),
			...(wire.size !== undefined && { size: wire.size }),
			...(wire.quality !== undefined && { quality: wire.quality }),
			...(wire.background !== undefined && { background: wire.background }),
			...(wire.output_format !== undefined && { outputFormat: wire.output_format }),
			...(wire.output_compression !== undefined && { outputCompression: wire.output_compression }),
			...(wire.moderation !== undefined && { moderation: wire.moderation }),
			...(partialImages > 0 && { partialImages }),
			...(wire.response_format !== undefined && { form: wire.response_format }),
			...(wire.user !== undefined && { user: wire.user }),
			...more,
		},
		preference: preferenceOf(wire),
		style: pictures.task,
		relays: false,
	};
}

/** What an image costs is read at the top, and only there. */
function checkOwn(provider: string, fields: object, known: ReadonlySet<string>): void {
	const foreign = Object.keys(fields).find((field) => known.has(field));
	if (foreign === undefined) return;
	const name = `${provider}.${foreign}`;
	throw invalidRequest(`\`${name}\` must be given at the top, as \`${foreign}\``, name);
}
