// Decodes the body of an admin request, and the fields that many of them share.
import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import { validationError } from "#core/validation-error";
import { isObject } from "#lib/json";

/** Decodes a parsed body. Throws `GatewayError` 400 naming the first offending field. */
export function decodeBody<Schema extends v.GenericSchema>(schema: Schema, body: unknown): v.InferOutput<Schema> {
	// Valibot takes an array for an object.
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	const result = v.safeParse(schema, body, { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	return result.output;
}

/** A schema of objects that takes no array for one, as valibot does. */
export function objectOf<Schema extends v.GenericSchema>(schema: Schema, message: string) {
	const refused = v.never(message);
	return v.lazy<Schema | typeof refused>((input) => (isObject(input) ? schema : refused));
}

export const Name = v.pipe(
	v.string(),
	v.trim(),
	v.minLength(1, "must not be empty"),
	v.maxLength(200, "must have at most 200 characters"),
);

/** The id of a person, as those who run the gateway name people. */
export const OwnerId = v.pipe(
	v.string(),
	v.regex(/^[\w.@+-]{1,64}$/, "must be 1 to 64 letters, digits, `.`, `_`, `@`, `+` or `-`"),
);

/** A secret for an upstream; it becomes a header's value. */
export const Credential = v.pipe(
	v.string(),
	v.regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces"),
	v.maxLength(4096, "must have at most 4096 characters"),
);

/** A part of the traffic, relative to the others. */
export const Weight = v.pipe(
	v.number(),
	v.gtValue(0, "must be more than 0"),
	v.maxValue(1_000_000, "must be at most 1,000,000"),
);

/** Labels of the admin's own, which mean nothing to the gateway. */
export const Metadata = objectOf(
	v.pipe(
		v.record(
			v.pipe(v.string(), v.maxLength(64, "is longer than 64 characters")),
			v.pipe(v.string(), v.maxLength(512, "must have at most 512 characters")),
		),
		v.maxEntries(16, "must have at most 16 entries"),
	),
	"must be an object of strings",
);
