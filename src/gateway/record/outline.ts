// The outline of a body: its shape without a word of what it says.

/** Fields whose text is of a fixed vocabulary and says nothing of what a conversation is about. */
const VOCABULARY = new Set([
	"role",
	"type",
	"model",
	"object",
	"finish_reason",
	"reasoning_effort",
	"service_tier",
	"detail",
	"verbosity",
	"format",
]);
const WORD = /^[\w./:-]{1,64}$/;
/** Fields whose own field names come from the caller. */
const OPAQUE = new Set(["parameters", "schema", "json_schema", "metadata", "logit_bias", "arguments", "extra_body"]);

/** A JSON value with every text in it replaced by its length, except for words of a fixed vocabulary. */
export function outlineOf(value: unknown, name = ""): unknown {
	if (typeof value === "string")
		return VOCABULARY.has(name) && WORD.test(value) ? value : `[${value.length} characters]`;
	if (typeof value !== "object" || value === null) return value;
	if (OPAQUE.has(name)) return `[${JSON.stringify(value).length} characters]`;
	if (Array.isArray(value)) return value.map((item) => outlineOf(item));
	return Object.fromEntries(Object.entries(value).map(([field, part]) => [field, outlineOf(part, field)]));
}
