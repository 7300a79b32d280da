// Fills a JSON schema with values from the prompt, for tool calls and structured output.
import { isObject, type Json, type JsonObject } from "#lib/json";

/** Values that a prompt offers for the fields of a schema: what stands in quotes, then names, and numbers. */
export class Supply {
	readonly #text: string;
	readonly #words: string[];
	readonly #numbers: number[];

	constructor(text: string) {
		this.#text = text;
		const quoted = [...text.matchAll(/"([^"]{1,200})"|“([^”]{1,200})”|`([^`]{1,200})`|'([^']{1,200})'(?!\w)/g)];
		// A capital within a sentence is a name: "the weather in New York" offers "New York".
		const names = [...text.matchAll(/(?<=[\p{Ll}\p{N},:;] )\p{Lu}[\p{L}\p{M}]*(?: \p{Lu}[\p{L}\p{M}]*)*/gu)];
		this.#words = [
			...quoted.map((match) => match.slice(1).find((group) => group !== undefined) ?? ""),
			...names.map(([name]) => name),
		];
		this.#numbers = [...text.matchAll(/(?<![\w.])-?\d{1,15}(?:\.\d{1,6})?(?![\w])/g)].map(([digits]) => Number(digits));
	}

	/** The next value that the prompt offers; the last one again when there is no further one. */
	word(): string | undefined {
		return this.#words.length > 1 ? this.#words.shift() : this.#words[0];
	}

	number(): number | undefined {
		return this.#numbers.length > 1 ? this.#numbers.shift() : this.#numbers[0];
	}

	/** The first of these values that the prompt mentions. */
	mentioned(values: readonly Json[]): Json | undefined {
		const text = this.#text.toLowerCase();
		return values.find((value) => typeof value === "string" && value !== "" && text.includes(value.toLowerCase()));
	}
}

/** Deeper than this only what a schema requires is filled, so that a schema that contains itself comes to an end. */
const OPTIONAL_DEPTH = 6;
const MAX_DEPTH = 24;

const FORMATS: Record<string, string> = {
	date: "2026-01-02",
	time: "03:04:05Z",
	"date-time": "2026-01-02T03:04:05Z",
	duration: "P1D",
	email: "someone@example.com",
	hostname: "example.com",
	uri: "https://example.com/",
	url: "https://example.com/",
	uuid: "00000000-0000-4000-8000-000000000000",
	ipv4: "192.0.2.1",
	ipv6: "2001:db8::1",
};

/**
 * A value that a JSON schema accepts, the same for the same schema and prompt. Parts it does not know are left out of
 * account.
 */
export function fill(schema: unknown, supply: Supply): Json {
	return new Filler(isObject(schema) ? schema : {}, supply).value(schema, "value", 0);
}

class Filler {
	readonly #root: Record<string, unknown>;
	readonly #supply: Supply;

	constructor(root: Record<string, unknown>, supply: Supply) {
		this.#root = root;
		this.#supply = supply;
	}

	value(given: unknown, name: string, depth: number): Json {
		const schema = this.#resolve(given);
		if (depth > MAX_DEPTH) return null;
		if ("const" in schema) return schema.const as Json;
		if (Array.isArray(schema.enum) && schema.enum.length > 0) {
			return this.#supply.mentioned(schema.enum) ?? (schema.enum[0] as Json);
		}
		const choices = [schema.anyOf, schema.oneOf].find((list) => Array.isArray(list) && list.length > 0) as
			| unknown[]
			| undefined;
		if (choices !== undefined) {
			const choice = choices.find((entry) => typeOf(this.#resolve(entry)) !== "null") ?? choices[0];
			return this.value(choice, name, depth + 1);
		}
		if (Array.isArray(schema.allOf)) {
			const parts = schema.allOf.map((entry) => this.value(entry, name, depth + 1));
			if (!parts.every(isObject)) return parts[0] ?? null;
			const whole: JsonObject = {};
			for (const part of parts) Object.assign(whole, part);
			return whole;
		}
		switch (typeOf(schema)) {
			case "object":
				return this.#object(schema, depth);
			case "array":
				return this.#array(schema, name, depth);
			case "number":
				return this.#number(schema, false);
			case "integer":
				return this.#number(schema, true);
			case "boolean":
				return true;
			case "null":
				return null;
			default:
				return this.#string(schema, name);
		}
	}

	/** Follows references within the schema, such as "#/$defs/Address". */
	#resolve(given: unknown): Record<string, unknown> {
		let schema = given;
		for (let hops = 0; hops < 16 && isObject(schema) && typeof schema.$ref === "string"; hops++) {
			let target: unknown = this.#root;
			for (const step of schema.$ref.split("/").slice(1)) {
				const key = decoded(step).replaceAll("~1", "/").replaceAll("~0", "~");
				target = isObject(target) && Object.hasOwn(target, key) ? target[key] : undefined;
			}
			schema = target;
		}
		return isObject(schema) ? schema : {};
	}

	#object(schema: Record<string, unknown>, depth: number): JsonObject {
		const properties = isObject(schema.properties) ? schema.properties : {};
		// Models fill in what they may leave out when nothing else would be left.
		const required = Array.isArray(schema.required) && schema.required.length > 0 ? schema.required : null;
		const names = Object.keys(properties).filter((name) =>
			required === null ? depth < OPTIONAL_DEPTH : required.includes(name),
		);
		// Not an object literal: a property may be called __proto__.
		return Object.fromEntries(names.map((name) => [name, this.value(properties[name], name, depth + 1)]));
	}

	#array(schema: Record<string, unknown>, name: string, depth: number): Json[] {
		if (Array.isArray(schema.prefixItems)) {
			return schema.prefixItems.map((item) => this.value(item, name, depth + 1));
		}
		const least = atMost(schema.minItems, 100) ?? (depth < OPTIONAL_DEPTH ? 1 : 0);
		const length = Math.min(least, atMost(schema.maxItems, 100) ?? least);
		return Array.from({ length }, () => this.value(schema.items, name, depth + 1));
	}

	#number(schema: Record<string, unknown>, whole: boolean): number {
		const step = whole ? 1 : 0.5;
		const low = finite(schema.minimum) ?? after(schema.exclusiveMinimum, step) ?? Number.NEGATIVE_INFINITY;
		const high = finite(schema.maximum) ?? after(schema.exclusiveMaximum, -step) ?? Number.POSITIVE_INFINITY;
		const wanted = this.#supply.number() ?? 1;
		return Math.min(Math.max(whole ? Math.round(wanted) : wanted, low), high);
	}

	#string(schema: Record<string, unknown>, name: string): string {
		const format = typeof schema.format === "string" ? FORMATS[schema.format] : undefined;
		const text = format ?? this.#supply.word() ?? name;
		const padded = text.padEnd(atMost(schema.minLength, 1000) ?? 0, "x");
		return padded.slice(0, finite(schema.maxLength) ?? padded.length);
	}
}

function decoded(step: string): string {
	try {
		return decodeURIComponent(step);
	} catch {
		return step;
	}
}

/** The one type to fill, the first that is not null; Gemini's dialect writes types in capitals. */
function typeOf(schema: Record<string, unknown>): string {
	const types = Array.isArray(schema.type) ? schema.type : [schema.type];
	const type = types.find((entry) => entry !== "null") ?? types[0];
	if (typeof type === "string") return type.toLowerCase();
	if (isObject(schema.properties)) return "object";
	return schema.items === undefined ? "string" : "array";
}

function finite(value: unknown): number | undefined {
	return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function atMost(value: unknown, limit: number): number | undefined {
	const number = finite(value);
	return number === undefined ? undefined : Math.max(0, Math.min(Math.ceil(number), limit));
}

function after(bound: unknown, step: number): number | undefined {
	const number = finite(bound);
	return number === undefined ? undefined : number + step;
}
