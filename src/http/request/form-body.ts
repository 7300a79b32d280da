// Reads a request's body as a form with files.
import { GatewayError, invalidRequest } from "#core/errors";
import { formFields } from "#lib/form-fields";
import { boundaryOf, isForm, MultipartError, readMultipart } from "#lib/multipart";
import type { RequestBody } from "./body";

/**
 * Reads a request body as the fields of a form, whose files are views of the one body. Throws `GatewayError`: 413
 * `request_too_large`, 415 `unsupported_encoding`, 503 `large_bodies_full`, 400 for what is no form, or one that is
 * broken or beyond its limits.
 */
export async function readForm(body: RequestBody, contentType: string): Promise<Record<string, unknown>> {
	if (!isForm(contentType))
		throw invalidRequest("the request body must be a form: `content-type: multipart/form-data`");
	try {
		const boundary = boundaryOf(contentType);
		return formFields(readMultipart(await body.whole(), boundary));
	} catch (error) {
		if (!(error instanceof MultipartError)) throw error;
		throw GatewayError.of("invalid_request", `the form in the request body ${error.message}`, {
			param: error.field ?? undefined,
		});
	}
}
