/** Parses a request for a video, as JSON or as a form, into the canonical one. */
import * as v from "valibot";
import { invalidRequest, unsupportedParameter } from "#core/errors";
import { validationError } from "#core/validation-error";
import type { VideosRequest } from "#core/videos/videos";
import type { Parsed } from "#faces/face";
import { extensionsOf, preferenceOf, STANDALONE_FIELDS, withoutNulls } from "#faces/standalone-fields";
import { FormFile } from "#lib/form-fields";
import { isObject } from "#lib/json";
import { base64Of } from "#lib/text-bytes";

/** In characters; vendors take fewer or more. */
const MAX_PROMPT_CHARACTERS = 32_000;
const MAX_SECONDS = 600;
/** The picture that a video begins with, in bytes. */
const MAX_REFERENCE_BYTES = 10 * 1024 * 1024;

const Seconds = v.pipe(
	v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,3}$/, "must be whole seconds"), v.transform(Number))]),
	v.integer(),
	v.minValue(1),
	v.maxValue(MAX_SECONDS),
);
const Reference = v.strictObject({
	image_url: v.pipe(v.string(), v.regex(/^(?:https:\/\/|data:image\/)/, "must be an https or a data URL")),
});

/** Fields that the gateway reads; everything else is kept. */
const FIELDS = {
	...STANDALONE_FIELDS,
	prompt: v.pipe(
		v.string(),
		v.minLength(1, "must not be empty"),
		v.maxLength(MAX_PROMPT_CHARACTERS, `must have at most ${MAX_PROMPT_CHARACTERS} characters`),
	),
	seconds: v.exactOptional(Seconds),
	size: v.exactOptional(v.pipe(v.string(), v.regex(/^[1-9]\d{2,3}x[1-9]\d{2,3}$/, "must be a size such as 1280x720"))),
};
export const RequestSchema = v.looseObject({ ...FIELDS, input_reference: v.exactOptional(Reference) });
const WireSchema = v.looseObject(FIELDS);
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(FIELDS), "input_reference"]);

/** What the answer repeats of its request. */
export interface VideoStyle {
	readonly prompt: string;
}

/** Parses a body into the canonical request. Throws `GatewayError` 400 naming the offending field. */
export function parseVideos(
	body: unknown,
	providerNamed: (field: string) => string | undefined,
): Parsed<VideosRequest, VideoStyle> {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object or a form");
	const result = v.safeParse(WireSchema, withoutNulls(body), { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	const wire = result.output;
	const reference = referenceOf(wire.input_reference);
	return {
		request: {
			stream: false,
			prompt: wire.prompt,
			...(wire.seconds !== undefined && { seconds: wire.seconds }),
			...(wire.size !== undefined && { size: wire.size }),
			...(reference !== undefined && { reference }),
			...(wire.user !== undefined && { user: wire.user }),
			...extensionsOf(wire, KNOWN, providerNamed),
		},
		preference: preferenceOf(wire),
		style: { prompt: wire.prompt },
		relays: false,
	};
}

/** A file of a form becomes a data URL, so that every vendor gets it in one way. */
function referenceOf(value: unknown): string | undefined {
	if (value === undefined) return undefined;
	if (value instanceof FormFile) {
		if (value.type?.startsWith("image/") !== true)
			throw unsupportedParameter("input_reference", "`input_reference` must be a picture");
		if (value.size > MAX_REFERENCE_BYTES) {
			throw invalidRequest(
				`\`input_reference\` must have at most ${MAX_REFERENCE_BYTES / 1024 / 1024} MiB`,
				"input_reference",
			);
		}
		return `data:${value.type};base64,${base64Of(value.bytes)}`;
	}
	if (isObject(value) && "file_id" in value) {
		throw unsupportedParameter("input_reference.file_id", "a picture is given as `image_url`, or as a file of a form");
	}
	const result = v.safeParse(v.object({ input_reference: Reference }), { input_reference: value });
	if (!result.success) throw validationError(result.issues[0]);
	return result.output.input_reference.image_url;
}
