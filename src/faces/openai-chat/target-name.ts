/** Names of models, aliases and providers as callers write them: they end in the log, so they are bounded. */
import * as v from "valibot";

const MAX_CHARACTERS = 256;

export const TargetName = v.pipe(
	v.string(),
	v.minLength(1),
	v.maxLength(MAX_CHARACTERS, `must have at most ${MAX_CHARACTERS} characters`),
);
export const TargetNames = v.array(TargetName);
