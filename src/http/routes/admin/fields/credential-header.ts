// Decodes the header that a provider takes its credential in.
import * as v from "valibot";

/** Headers that say other things, to the provider or to what lies between. */
const TAKEN =
	/^(?:accept|connection|content-|cookie|date|expect|forwarded|host|keep-alive|origin|proxy-|referer|te$|trailer|transfer-encoding|upgrade|user-agent|via|cf-|x-forwarded|anthropic-|x-tollgate)/;

/** A header's name, in lower case. */
export const CredentialHeader = v.pipe(
	v.string(),
	v.toLowerCase(),
	v.regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "must be a header's name; a credential never goes into a query"),
	v.check((name) => !TAKEN.test(name), "is a header that says something else"),
);
