// The fields of a body as the parts of a form.
import type { Json, JsonObject } from "#lib/json";
import type { FormPart } from "#lib/multipart";

const UTF_8 = new TextEncoder();

/** Fields as a form has them: a list under a name with brackets, each entry by itself. */
export function partsOf(fields: JsonObject): FormPart[] {
	return Object.entries(fields).flatMap(([name, value]) =>
		Array.isArray(value) ? value.map((entry) => textPart(`${name}[]`, entry)) : [textPart(name, value)],
	);
}

function textPart(name: string, value: Json | undefined): FormPart {
	return { name, bytes: UTF_8.encode(typeof value === "string" ? value : JSON.stringify(value ?? null)) };
}
