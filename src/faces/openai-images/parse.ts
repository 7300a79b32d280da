/** Parses a request for images of a text into the canonical one. */
import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import type { ImagesRequest } from "#core/images/images";
import { validationError } from "#core/validation-error";
import type { Parsed } from "#faces/face";
import { withoutNulls } from "#faces/standalone-fields";
import { isObject } from "#lib/json";
import { MAX_IMAGES, MAX_PARTIAL_IMAGES, Prompt, requestOf, TEXT_FIELDS } from "./fields";

const count = (least: number, most: number) =>
	v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most)));

/** Fields that the gateway reads; everything else is kept. */
const FIELDS = {
	...TEXT_FIELDS,
	prompt: Prompt,
	n: count(1, MAX_IMAGES),
	output_compression: count(0, 100),
	stream: v.exactOptional(v.boolean()),
	partial_images: count(0, MAX_PARTIAL_IMAGES),
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
): Parsed<ImagesRequest, ImagesRequest["task"]> {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	const result = v.safeParse(RequestSchema, withoutNulls(body), { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	return requestOf(result.output, { task: "generation", pictures: [] }, KNOWN, providerNamed);
}
