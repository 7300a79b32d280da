/** Finds and sets fields of a body by dotted paths. */
import { isObject, type Json, type JsonObject } from "#lib/json";

/** The field at a dotted path; undefined where there is none. */
export function fieldAt(body: JsonObject, path: string): unknown {
	let value: unknown = body;
	for (const name of path.split(".")) {
		if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
		value = value[name];
	}
	return value;
}

/** The body with a field at a dotted path; what lies on the way becomes an object. */
export function withField(body: JsonObject, path: string, value: Json): JsonObject {
	const [name = "", ...rest] = path.split(".");
	if (rest.length === 0) return { ...body, [name]: value };
	const inner = body[name];
	return { ...body, [name]: withField(isObject(inner) ? (inner as JsonObject) : {}, rest.join("."), value) };
}
