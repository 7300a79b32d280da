import * as v from "valibot";
import { issueError } from "../../../core/issue";

/** Decodes a parsed body. Throws `GatewayError` 400 naming the first offending field. */
export function decodeBody<Schema extends v.GenericSchema>(schema: Schema, body: unknown): v.InferOutput<Schema> {
	const result = v.safeParse(schema, body, { abortEarly: true });
	if (!result.success) throw issueError(result.issues[0]);
	return result.output;
}

export const Name = v.pipe(
	v.string(),
	v.trim(),
	v.minLength(1, "must not be empty"),
	v.maxLength(200, "must have at most 200 characters"),
);

/** Labels of the admin's own, which mean nothing to the gateway. */
export const Metadata = v.pipe(
	v.record(
		v.pipe(v.string(), v.maxLength(64, "is longer than 64 characters")),
		v.pipe(v.string(), v.maxLength(512, "must have at most 512 characters")),
	),
	v.maxEntries(16, "must have at most 16 entries"),
);
