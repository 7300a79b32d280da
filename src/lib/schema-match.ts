// Whether a value matches a JSON schema, as far as that can be told cheaply and without doubt.
import { isObject } from "./json";

/** The most comparisons that are made, and how deep they go; whatever is not finished by then is taken as matching. */
const MAX_STEPS = 100_000;
const DEEPEST = 256;

/**
 * Whether a JSON value matches a JSON schema, as far as the schema says so with what structured outputs are made of:
 * `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `items`, `prefixItems`, the bounds,
 * `anyOf`, `oneOf` (as `anyOf`), `allOf`, and `$ref` within the schema. Other keywords are not looked at, `pattern` on
 * purpose: a caller's regular expression is not run here. So it may let through what does not match, and never refuses
 * what does.
 */
export function matchesSchema(value: unknown, schema: unknown): boolean {
	return new Matching(schema).matches(value, schema);
}

class Matching {
	readonly #root: unknown;
	#steps = 0;
	#depth = 0;

	constructor(root: unknown) {
		this.#root = root;
	}

	matches(value: unknown, schema: unknown): boolean {
		if (typeof schema === "boolean") return schema;
		if (!isObject(schema) || ++this.#steps > MAX_STEPS || this.#depth > DEEPEST) return true;
		this.#depth++;
		const matches = this.#matchesAll(value, schema);
		this.#depth--;
		return matches;
	}

	#matchesAll(value: unknown, schema: Record<string, unknown>): boolean {
		if (schema.type !== undefined && !isOfType(value, schema.type)) return false;
		if (Array.isArray(schema.enum) && !schema.enum.some((one) => isEqual(one, value))) return false;
		if ("const" in schema && !isEqual(schema.const, value)) return false;
		return this.#matchesParts(value, schema) && this.#matchesOthers(value, schema);
	}

	#matchesParts(value: unknown, schema: Record<string, unknown>): boolean {
		if (typeof value === "number") return isWithin(value, schema);
		if (typeof value === "string") return isSized([...value].length, schema, "Length");
		if (Array.isArray(value)) return this.#matchesItems(value, schema);
		return !isObject(value) || this.#matchesProperties(value, schema);
	}

	#matchesItems(value: readonly unknown[], schema: Record<string, unknown>): boolean {
		if (!isSized(value.length, schema, "Items")) return false;
		const first = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
		return value.every((item, index) => this.matches(item, index < first.length ? first[index] : schema.items));
	}

	#matchesProperties(value: Record<string, unknown>, schema: Record<string, unknown>): boolean {
		const { properties, required, additionalProperties: others } = schema;
		const names = Object.keys(value);
		if (!isSized(names.length, schema, "Properties")) return false;
		if (Array.isArray(required) && !required.every((name) => Object.hasOwn(value, String(name)))) return false;
		const known = isObject(properties) ? properties : {};
		return names.every((name) => {
			if (Object.hasOwn(known, name)) return this.matches(value[name], known[name]);
			return schema.patternProperties !== undefined || this.matches(value[name], others);
		});
	}

	#matchesOthers(value: unknown, { anyOf, oneOf, allOf, $ref }: Record<string, unknown>): boolean {
		for (const union of [anyOf, oneOf]) {
			if (Array.isArray(union) && !union.some((one) => this.matches(value, one))) return false;
		}
		if (Array.isArray(allOf) && !allOf.every((one) => this.matches(value, one))) return false;
		return typeof $ref !== "string" || this.matches(value, this.#resolve($ref));
	}

	/** What a reference within the schema points at; `true`, which everything matches, for any other. */
	#resolve(reference: string): unknown {
		if (!reference.startsWith("#")) return true;
		let at: unknown = this.#root;
		for (const part of reference.split("/").slice(1)) {
			const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
			if ((!isObject(at) && !Array.isArray(at)) || !Object.hasOwn(at, name)) return true;
			at = (at as Record<string, unknown>)[name];
		}
		return at;
	}
}

function isOfType(value: unknown, type: unknown): boolean {
	if (Array.isArray(type)) return type.some((one) => isOfType(value, one));
	switch (type) {
		case "null":
			return value === null;
		case "array":
			return Array.isArray(value);
		case "object":
			return isObject(value);
		case "integer":
			return Number.isInteger(value);
		case "string":
		case "number":
		case "boolean":
			return typeof value === type;
		default:
			return true;
	}
}

function isWithin(value: number, schema: Record<string, unknown>): boolean {
	const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = schema;
	return (
		!(typeof minimum === "number" && value < minimum) &&
		!(typeof maximum === "number" && value > maximum) &&
		!(typeof above === "number" && value <= above) &&
		!(typeof below === "number" && value >= below)
	);
}

function isSized(size: number, schema: Record<string, unknown>, what: "Length" | "Items" | "Properties"): boolean {
	const { [`min${what}`]: least, [`max${what}`]: most } = schema;
	return !(typeof least === "number" && size < least) && !(typeof most === "number" && size > most);
}

function isEqual(a: unknown, b: unknown): boolean {
	if (Array.isArray(a)) {
		return Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
	}
	if (!isObject(a)) return a === b;
	if (!isObject(b) || Object.keys(a).length !== Object.keys(b).length) return false;
	return Object.keys(a).every((name) => Object.hasOwn(b, name) && isEqual(a[name], b[name]));
}
