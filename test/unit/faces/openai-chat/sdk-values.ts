/** Makes values from a JSON schema, so that together they hold every value that it tells apart. */
import type { Json, JsonObject } from "#lib/json";

/** The part of JSON Schema that types are turned into. */
export interface TypeSchema {
	readonly type?: string | readonly string[];
	readonly const?: Json;
	readonly enum?: readonly Json[];
	readonly anyOf?: readonly TypeSchema[];
	readonly items?: TypeSchema;
	readonly properties?: Readonly<Record<string, TypeSchema>>;
	readonly required?: readonly string[];
	readonly additionalProperties?: boolean | TypeSchema;
}

/** A value that differs from a plain one in one place. */
export interface Variant {
	readonly value: Json;
	/** The place, as in `messages[].content[].text`, and what stands there. */
	readonly at: string;
	readonly leaf: Json;
	/** For a leaf that is `null` in place of an optional field: the value without that field. */
	readonly without?: Json;
}

const STRINGS = ["x", ""];
const NUMBERS = [1, 0, 0.5, -1, 1e6];
/** One entry more than the only list that is counted may have, the stops. */
const MANY = 5;

/** The variants of a schema's values, a plain one first. */
export function variants(schema: TypeSchema, at: string): Variant[] {
	const leaves = (values: readonly Json[]) => values.map((value) => ({ value, at, leaf: value }));
	if (schema.anyOf !== undefined) return schema.anyOf.flatMap((one) => variants(one, at));
	if (schema.const !== undefined) return leaves([schema.const]);
	if (schema.enum !== undefined) return leaves(schema.enum);
	if (Array.isArray(schema.type)) return schema.type.flatMap((type) => variants({ ...schema, type }, at));
	switch (schema.type) {
		case "string":
			return leaves(STRINGS);
		case "number":
			return leaves(NUMBERS);
		case "boolean":
			return leaves([true, false]);
		case "null":
			return leaves([null]);
		case "array":
			return lists(variants(schema.items ?? {}, `${at}[]`), at);
		case "object":
			return objects(schema, at);
		default:
			return leaves([{ anything: [null, 1] }]);
	}
}

function within(inner: Variant, around: (value: Json) => Json): Variant {
	return {
		...inner,
		value: around(inner.value),
		...(inner.without !== undefined && { without: around(inner.without) }),
	};
}

function lists(entries: Variant[], at: string): Variant[] {
	const many = Array<Json>(MANY).fill(entries[0]?.value ?? null);
	return [
		...entries.map((entry) => within(entry, (value) => [value])),
		{ value: [], at, leaf: [] },
		{ value: many, at, leaf: many },
	];
}

function objects({ properties = {}, required = [], additionalProperties }: TypeSchema, at: string): Variant[] {
	const fields = Object.entries(properties).map(([name, field]) => ({
		name,
		values: variants(field, `${at}.${name}`),
	}));
	const plain: JsonObject = {};
	for (const { name, values } of fields) {
		if (required.includes(name) && values[0] !== undefined) plain[name] = values[0].value;
	}
	const all: Variant[] = [{ value: plain, at, leaf: plain }];
	for (const { name, values } of fields) {
		all.push(...values.map((one) => within(one, (value) => ({ ...plain, [name]: value }))));
		if (required.includes(name)) continue;
		all.push({ value: { ...plain, [name]: null }, at: `${at}.${name}`, leaf: null, without: plain });
	}
	if (typeof additionalProperties !== "object") return all;
	return [...all, ...variants(additionalProperties, `${at}.*`).map((one) => within(one, (value) => ({ key: value })))];
}
