// Whether a screen asks that will ask again in a moment.
import * as v from "valibot";

export const LiveField = v.optional(
	v.pipe(
		v.picklist(["true", "false"], "must be true or false"),
		v.description("true: asked again and again, so that few keys' objects are woken for it and `lag` may be longer"),
	),
);
