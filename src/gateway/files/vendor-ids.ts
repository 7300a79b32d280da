// Puts the ids by which a vendor's account knows files in the place of the gateway's own.
import { isObject, type Json, type JsonObject } from "#lib/json";
import { changed } from "#lib/list";

/** The body with the vendor's ids; every part of it in which none stands is the same as before. */
export function withVendorIds(body: JsonObject, vendorIds: ReadonlyMap<string, string>): JsonObject {
	return replaced(body, vendorIds) as JsonObject;
}

function replaced(value: Json, vendorIds: ReadonlyMap<string, string>): Json {
	if (Array.isArray(value)) return changed(value, (item) => replaced(item, vendorIds)) as Json[];
	if (!isObject(value)) return value;
	let copy: JsonObject | null = null;
	for (const [name, held] of Object.entries(value as JsonObject)) {
		const next =
			name === "file_id" && typeof held === "string" ? (vendorIds.get(held) ?? held) : replaced(held, vendorIds);
		if (next === held) continue;
		copy ??= { ...(value as JsonObject) };
		copy[name] = next;
	}
	return copy ?? (value as JsonObject);
}
