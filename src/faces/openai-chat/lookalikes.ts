/**
 * Fields that differ from ones that are read only in how they are written, such as `MAX_TOKENS` or `Content`. The
 * gateway does not know them, and servers that match names without case would: what they say would be neither limited
 * nor held.
 */
import { foldedName } from "#core/chat/field-name";
import { isObject } from "#lib/json";
import { CHAT_FIELDS, WIRE_FIELDS } from "./schema";

/** Fields below the top that are read, or that vendors read in messages, parts, calls, tools and formats. */
const INNER = [
	"allowed_tools",
	"annotations",
	"arguments",
	"cache_control",
	"content",
	"custom",
	"data",
	"description",
	"detail",
	"effort",
	"extra_content",
	"file",
	"file_data",
	"file_id",
	"filename",
	"format",
	"function",
	"google",
	"id",
	"image_url",
	"images",
	"include_usage",
	"input",
	"input_audio",
	"json_schema",
	"mode",
	"name",
	"parameters",
	"reasoning",
	"reasoning_content",
	"reasoning_details",
	"refusal",
	"role",
	"schema",
	"signature",
	"strict",
	"text",
	"thought_signature",
	"tool_call_id",
	"tool_calls",
	"ttl",
	"type",
	"url",
	"video_url",
] as const;
/** Fields that decide what a request costs, under the names that other protocols have for them, and deprecated ones. */
const ELSEWHERE = [
	"function_call",
	"functions",
	"max_output_tokens",
	"plugins",
	"thinking",
	"thinking_budget",
	"budget_tokens",
	"num_predict",
	"best_of",
	"reasoning",
] as const;

const READ = [...Object.keys(CHAT_FIELDS), ...Object.keys(WIRE_FIELDS), ...INNER, ...ELSEWHERE];
const NAMES = new Set<string>(READ);
const FOLDED = new Set(READ.map(foldedName));
/** What stands there is the caller's own data: schemas, labels, figures by token. */
const NOT_LOOKED_INTO = new Set(["logit_bias", "metadata", "parameters", "schema"]);
/** No field that is read has any of these letters. */
const UNUSUAL = /[A-Z\u0080-\uffff]/;

/**
 * A body without look-alikes, itself when it has none; the paths of those that were left out go into `dropped`.
 * `isForeign` says which fields at the top hold a provider's own parameters: what those may say is decided elsewhere.
 */
export function withoutLookalikes(
	body: Record<string, unknown>,
	isForeign: (field: string, value: unknown) => boolean,
	dropped: string[],
): Record<string, unknown> {
	return hasUnusualName(body) ? inObject(body, "", dropped, isForeign) : body;
}

/** Whether any name could be a look-alike: in nearly all bodies none is, and then no path has to be put together. */
function hasUnusualName(value: object): boolean {
	if (Array.isArray(value)) {
		for (const item of value) if (typeof item === "object" && item !== null && hasUnusualName(item)) return true;
		return false;
	}
	for (const name in value) {
		if (!NAMES.has(name) && UNUSUAL.test(name)) return true;
		const inner = (value as Record<string, unknown>)[name];
		if (typeof inner !== "object" || inner === null || NOT_LOOKED_INTO.has(name)) continue;
		if (hasUnusualName(inner)) return true;
	}
	return false;
}

function inObject(
	object: Record<string, unknown>,
	path: string,
	dropped: string[],
	isForeign?: (field: string, value: unknown) => boolean,
): Record<string, unknown> {
	let copy: Record<string, unknown> | null = null;
	for (const name in object) {
		const value = object[name];
		if (UNUSUAL.test(name) && !isForeign?.(name, value) && FOLDED.has(foldedName(name))) {
			dropped.push(`${path}${name}`);
			copy ??= { ...object };
			delete copy[name];
			continue;
		}
		if (typeof value !== "object" || value === null || NOT_LOOKED_INTO.has(name) || isForeign?.(name, value)) continue;
		const clean = inValue(value, `${path}${name}`, dropped);
		if (clean === value) continue;
		copy ??= { ...object };
		copy[name] = clean;
	}
	return copy ?? object;
}

function inValue(value: object, path: string, dropped: string[]): unknown {
	if (isObject(value)) return inObject(value, `${path}.`, dropped);
	if (!Array.isArray(value)) return value;
	let copy: unknown[] | null = null;
	for (const [index, item] of value.entries()) {
		if (typeof item !== "object" || item === null) continue;
		const clean = inValue(item, `${path}[${index}]`, dropped);
		if (clean === item) continue;
		copy ??= [...value];
		copy[index] = clean;
	}
	return copy ?? value;
}
