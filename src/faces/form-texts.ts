// What faces whose requests are forms read alike: a form has texts and files, and no numbers, flags or objects.
import * as v from "valibot";
import { FormFile } from "#lib/form-fields";
import { parseJson } from "#lib/json";

/** A file of a form. */
export const FileSchema = v.custom<FormFile>((value) => value instanceof FormFile, "must be a file");

/** A flag as a form has it. */
export const Flag = v.pipe(
	v.picklist(["true", "false"], "must be true or false"),
	v.transform((text) => text === "true"),
);

/** A whole number as a form has it. */
export const WholeNumber = v.pipe(v.string(), v.regex(/^\d{1,9}$/, "must be a whole number"), v.transform(Number));

/** `provider`, and what is named after a provider, may be JSON in a text. */
export function withObjects(
	fields: Record<string, unknown>,
	providerNamed: (field: string) => string | undefined,
): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(fields).map(([name, value]) => {
			const mayBe = name === "provider" || providerNamed(name) !== undefined;
			const parsed = mayBe && typeof value === "string" && value.startsWith("{") ? parseJson(value) : undefined;
			return [name, parsed ?? value];
		}),
	);
}

/** Whether there is a file in a value, or in a list of them. */
export function holdsFile(value: unknown): boolean {
	return Array.isArray(value) ? value.some(holdsFile) : value instanceof FormFile;
}
