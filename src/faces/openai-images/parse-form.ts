/** Parses the form of an edit or a variation into the canonical request for images. */
import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import { imageTypeOf } from "#core/images/image-type";
import type { ImagesRequest, Picture } from "#core/images/images";
import { validationError } from "#core/validation-error";
import type { Parsed } from "#faces/face";
import { FileSchema, Flag, holdsFile, WholeNumber, withObjects } from "#faces/form-texts";
import type { FormFile } from "#lib/form-fields";
import { isObject } from "#lib/json";
import { MAX_IMAGES, MAX_PARTIAL_IMAGES, Prompt, requestOf, TEXT_FIELDS, Word } from "./fields";

/** As OpenAI has it. */
const MAX_PICTURES = 16;

const count = (least: number, most: number) =>
	v.exactOptional(v.pipe(WholeNumber, v.minValue(least), v.maxValue(most)));

/** Fields that the gateway reads; everything else is kept, as far as it is text. */
const EDIT_FIELDS = {
	...TEXT_FIELDS,
	prompt: Prompt,
	image: v.union([FileSchema, v.pipe(v.array(FileSchema), v.minLength(1), v.maxLength(MAX_PICTURES))]),
	mask: v.exactOptional(FileSchema),
	input_fidelity: v.exactOptional(Word),
	n: count(1, MAX_IMAGES),
	output_compression: count(0, 100),
	stream: v.exactOptional(Flag),
	partial_images: count(0, MAX_PARTIAL_IMAGES),
};
const VARIATION_FIELDS = {
	...{ model: TEXT_FIELDS.model, models: TEXT_FIELDS.models, provider: TEXT_FIELDS.provider },
	image: FileSchema,
	n: count(1, MAX_IMAGES),
	...{ size: TEXT_FIELDS.size, response_format: TEXT_FIELDS.response_format, user: TEXT_FIELDS.user },
};
const EditSchema = v.looseObject(EDIT_FIELDS);
const VariationSchema = v.looseObject(VARIATION_FIELDS);
const KNOWN_OF_EDITS: ReadonlySet<string> = new Set(Object.keys(EDIT_FIELDS));
const KNOWN_OF_VARIATIONS: ReadonlySet<string> = new Set(Object.keys(VARIATION_FIELDS));

const Bytes = v.pipe(v.string(), v.description("the bytes of a PNG, JPEG or WebP file"));
/** The forms as they are described: a file is bytes there. */
export const EditFormSchema = v.looseObject({
	...EDIT_FIELDS,
	image: v.union([Bytes, v.array(Bytes)]),
	mask: v.exactOptional(Bytes),
});
export const VariationFormSchema = v.looseObject({ ...VARIATION_FIELDS, image: Bytes });

type ParsedImages = Parsed<ImagesRequest, ImagesRequest["task"]>;

/** Throws `GatewayError` 400 naming the offending field. */
export function parseEdit(body: unknown, providerNamed: (field: string) => string | undefined): ParsedImages {
	const result = v.safeParse(EditSchema, fieldsIn(body, providerNamed), { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	const { image, mask, input_fidelity: inputFidelity, ...wire } = result.output;
	refuseFiles(wire);
	const files = Array.isArray(image) ? image : [image];
	return requestOf(
		wire,
		{
			task: "edit",
			pictures: files.map((file, at) => pictureOf(file, Array.isArray(image) ? `image[${at}]` : "image")),
			...(mask !== undefined && { mask: pictureOf(mask, "mask") }),
			...(inputFidelity !== undefined && { inputFidelity }),
		},
		KNOWN_OF_EDITS,
		providerNamed,
	);
}

/** Throws `GatewayError` 400 naming the offending field. */
export function parseVariation(body: unknown, providerNamed: (field: string) => string | undefined): ParsedImages {
	const result = v.safeParse(VariationSchema, fieldsIn(body, providerNamed), { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	const { image, ...wire } = result.output;
	refuseFiles(wire);
	const pictures = [pictureOf(image, "image")];
	return requestOf(wire, { task: "variation", pictures }, KNOWN_OF_VARIATIONS, providerNamed);
}

function fieldsIn(body: unknown, providerNamed: (field: string) => string | undefined): Record<string, unknown> {
	if (!isObject(body)) throw invalidRequest("the request body must be a form");
	return withObjects(body, providerNamed);
}

function refuseFiles(wire: Record<string, unknown>): void {
	const extra = Object.entries(wire).find(([, value]) => holdsFile(value));
	if (extra !== undefined) throw invalidRequest(`\`${extra[0]}\` may not be a file`, extra[0]);
}

/** Its first bytes say what it is: clients name other types, or none. */
function pictureOf({ name, bytes }: FormFile, field: string): Picture {
	const type = imageTypeOf(bytes);
	if (type === null) throw invalidRequest(`\`${field}\` must be a PNG, JPEG or WebP file`, field);
	return { name, type, bytes };
}
