/** How a test changes the list that a vendor shows: models that appear, vanish or cost something else. */
import * as v from "valibot";
import { isObject, type Json, type JsonObject } from "#lib/json";

const ListChange = v.strictObject({
	/** Names that are no more. */
	remove: v.exactOptional(v.array(v.string())),
	/** Entries in the vendor's own shape, in place of those of the same name; anything that is no entry too. */
	add: v.exactOptional(v.array(v.unknown())),
	/** Bytes that the list is longer. */
	pad: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(20_000_000))),
});

/** Changes by provider. */
export const ListChangesSchema = v.record(v.string(), ListChange);
export type ListChanges = v.InferOutput<typeof ListChangesSchema>;

/** A list, in whichever vendor's shape, with what was changed of it. */
export function changedList(list: JsonObject | JsonObject[], { remove = [], add = [], pad = 0 }: ListChanges[string]) {
	const gone = new Set([...remove, ...add.map(nameOf)]);
	const change = (entries: readonly Json[]): Json[] => [
		...entries.filter((entry) => !gone.has(nameOf(entry))),
		...(add as Json[]),
		...(pad > 0 ? ["x".repeat(pad)] : []),
	];
	if (Array.isArray(list)) return change(list);
	const field = Array.isArray(list.models) ? "models" : "data";
	const entries = list[field];
	return { ...list, [field]: change(Array.isArray(entries) ? entries : []) };
}

function nameOf(entry: unknown): unknown {
	return isObject(entry) ? (entry.id ?? entry.name) : undefined;
}
