// Decodes a query string and refuses what it does not know.
import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import { validationError } from "#core/validation-error";

/**
 * Decodes a query string. Throws `GatewayError` 400 naming the first parameter that is unknown, wrong or there twice.
 */
export function decodeQuery<Schema extends v.GenericSchema>(schema: Schema, url: URL): v.InferOutput<Schema> {
	const names = [...url.searchParams.keys()];
	const twice = names.find((name, index) => names.indexOf(name) !== index);
	if (twice !== undefined) throw invalidRequest(`\`${twice}\` must be given once`, twice);
	const result = v.safeParse(schema, Object.fromEntries(url.searchParams), { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	return result.output;
}
