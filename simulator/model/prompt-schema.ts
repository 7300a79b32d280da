/**
 * Reads what a prompt says of the format of its answer, as models do: that it be JSON, and of which schema. The schema
 * stands in the text bare, in a fence, or within an object that wraps it.
 */
import { isObject, type JsonObject, parseJson } from "#lib/json";

/** What is answered where JSON is asked for and no schema is shown. */
const ANY_OBJECT: JsonObject = { type: "object", properties: { answer: { type: "string" } } };

/** The longest schema that is looked for, in characters, and the most places of a text where one may begin. */
const MAX_SCHEMA_CHARACTERS = 100_000;
const MAX_BEGINNINGS = 100;

/** A sentence that bids the model to answer in JSON. */
const BID = /\b(?:answer|respond|reply|return|output)\b[^.!?\n]*\bJSON\b/i;

/**
 * The schema that the answer must fill, null for free text. `format` is what the request's own field says: a schema,
 * any object, or nothing, which leaves it to the prompt. `prompt` is what the system and the users said; the first
 * schema in it counts.
 */
export function jsonFormat(
	format: JsonObject | "any object" | undefined,
	prompt: readonly string[],
): JsonObject | null {
	if (typeof format === "object") return format;
	if (format === undefined && !prompt.some((text) => BID.test(text))) return null;
	for (const text of prompt) {
		const span = schemaIn(text);
		if (span !== null) return span.schema;
	}
	return ANY_OBJECT;
}

/** A prompt without the schema in it, whose words are no values for the answer. */
export function withoutSchema(text: string): string {
	const span = schemaIn(text);
	return span === null ? text : text.slice(0, span.from) + text.slice(span.to);
}

/** The first schema in a text, with where it stands. */
function schemaIn(text: string): { schema: JsonObject; from: number; to: number } | null {
	let from = text.indexOf("{");
	for (let beginnings = 0; from !== -1 && beginnings < MAX_BEGINNINGS; beginnings++) {
		const to = endOfObject(text, from);
		const schema = to === null ? undefined : parseJson(text.slice(from, to));
		if (to !== null && isSchema(schema)) return { schema, from, to };
		from = text.indexOf("{", from + 1);
	}
	return null;
}

/** Behind the brace that closes the one at `from`; null when it is not closed within `MAX_SCHEMA_CHARACTERS`. */
function endOfObject(text: string, from: number): number | null {
	let depth = 0;
	let isQuoted = false;
	for (let at = from; at < Math.min(text.length, from + MAX_SCHEMA_CHARACTERS); at++) {
		const character = text[at];
		if (isQuoted && character === "\\") at++;
		else if (character === '"') isQuoted = !isQuoted;
		else if (!isQuoted && character === "{") depth++;
		else if (!isQuoted && character === "}" && --depth === 0) return at + 1;
	}
	return null;
}

/** Whether an object describes values instead of being an example of one. */
function isSchema(value: unknown): value is JsonObject {
	if (!isObject(value)) return false;
	if (value.type === "object" || value.type === "array" || isObject(value.properties)) return true;
	if (typeof value.$ref === "string") return true;
	return ["anyOf", "oneOf", "allOf"].some((key) => Array.isArray(value[key]) && value[key].every(isObject));
}
