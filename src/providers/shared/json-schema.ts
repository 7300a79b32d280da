/**
 * JSON Schema in the dialects of the vendors that do not take all of it. What a vendor cannot check is loosened, never
 * tightened, and said in the description where the vendor reads that.
 */
import { unsupportedParameter } from "#core/errors";
import { isObject, type Json, type JsonObject } from "#lib/json";

/** Keywords that Gemini's `parametersJsonSchema` and `responseJsonSchema` take unchanged. */
const GEMINI_KEYWORDS = [
	"$id",
	"$anchor",
	"title",
	"description",
	"format",
	"minItems",
	"maxItems",
	"minimum",
	"maximum",
	"required",
	"propertyOrdering",
];

/** A schema in the part of JSON Schema that Gemini accepts; unknown keywords are a 400 there. */
export function geminiSchema(schema: JsonObject): JsonObject {
	const references = new References(schema, geminiNode);
	return references.root(schema);
}

function geminiNode(node: JsonObject, references: References): JsonObject {
	const out: JsonObject = pick(node, GEMINI_KEYWORDS);
	const type = typesOf(node);
	if (type !== undefined) out.type = type;
	const values = "const" in node ? [node.const as Json] : Array.isArray(node.enum) ? node.enum : null;
	if (values !== null) Object.assign(out, geminiEnum(values, type));
	// Exclusive bounds do not exist: exact for integers, loosened otherwise.
	const step = type === "integer" ? 1 : 0;
	if (typeof node.exclusiveMinimum === "number") out.minimum = node.exclusiveMinimum + step;
	if (typeof node.exclusiveMaximum === "number") out.maximum = node.exclusiveMaximum - step;
	if (isObject(node.properties)) out.properties = references.record(node.properties);
	if (isObject(node.items)) out.items = references.rewrite(node.items);
	if (Array.isArray(node.prefixItems)) out.prefixItems = references.list(node.prefixItems);
	const extra = node.additionalProperties;
	if (typeof extra === "boolean") out.additionalProperties = extra;
	else if (isObject(extra)) out.additionalProperties = references.rewrite(extra);
	const union = node.anyOf ?? node.oneOf;
	if (Array.isArray(union)) out.anyOf = references.list(union);
	intersectAll(out, node, references);
	return out;
}

/** Gemini's enums hold strings and numbers only. */
function geminiEnum(values: readonly Json[], type: Json | undefined): JsonObject {
	const kept = values.filter((value) => typeof value === "string" || typeof value === "number");
	if (kept.length === 0) return values.some((value) => typeof value === "boolean") ? { type: "boolean" } : {};
	if (!values.includes(null)) return { enum: kept };
	const first = typeof kept[0] === "number" ? "number" : "string";
	return { enum: kept, type: Array.isArray(type) ? type : [typeof type === "string" ? type : first, "null"] };
}

/** Merges `allOf` into the schema around it: vendors do not take it, or not with references in it. */
function intersectAll(out: JsonObject, node: JsonObject, references: References): void {
	if (!Array.isArray(node.allOf)) return;
	for (const part of node.allOf) intersect(out, references.inline(part));
}

function intersect(out: JsonObject, part: JsonObject): void {
	for (const [key, value] of Object.entries(part)) {
		const old = out[key];
		if (key === "properties" && isObject(old) && isObject(value)) out[key] = { ...old, ...value };
		else if (key === "required" && Array.isArray(old) && Array.isArray(value)) {
			out[key] = [...new Set([...old, ...value])];
		} else if (old === undefined) out[key] = value;
	}
}

const ANTHROPIC_KEYWORDS = ["title", "description", "const", "enum"];
const ANTHROPIC_FORMATS = new Set<Json | undefined>([
	"date-time",
	"time",
	"date",
	"duration",
	"email",
	"hostname",
	"uri",
	"ipv4",
	"ipv6",
	"uuid",
]);
/** Constraints that Anthropic's structured outputs refuse; the model reads them in the description instead. */
const ANTHROPIC_DESCRIBED = [
	"format",
	"pattern",
	"minLength",
	"maxLength",
	"minimum",
	"maximum",
	"exclusiveMinimum",
	"exclusiveMaximum",
	"multipleOf",
	"minItems",
	"maxItems",
	"uniqueItems",
	"minProperties",
	"maxProperties",
	"default",
];

/**
 * A schema for Anthropic's structured outputs and strict tools, where every object is closed. `param` names the request
 * field in the `GatewayError` for an object whose keys are left open: it could only ever be answered with `{}`.
 */
export function anthropicStrictSchema(schema: JsonObject, param: string): JsonObject {
	const references = new References(schema, (node, all) => anthropicNode(node, all, param));
	return references.root(schema);
}

function anthropicNode(node: JsonObject, references: References, param: string): JsonObject {
	const out: JsonObject = pick(node, ANTHROPIC_KEYWORDS);
	const described = pick(node, ANTHROPIC_DESCRIBED);
	const type = typesOf(node);
	if (type !== undefined) out.type = type;
	if (includesType(type, "object") || isObject(node.properties)) {
		const properties = isObject(node.properties) ? node.properties : {};
		if (hasOpenKeys(node)) {
			throw unsupportedParameter(
				param,
				"Anthropic needs every key of every object named here, and an object in this schema has no `properties`",
			);
		}
		out.properties = references.record(properties);
		out.additionalProperties = false;
		if (Array.isArray(node.required)) out.required = node.required;
	}
	if (isObject(node.items)) out.items = references.rewrite(node.items);
	if (described.minItems === 0 || described.minItems === 1) move(described, out, "minItems");
	if (ANTHROPIC_FORMATS.has(described.format)) move(described, out, "format");
	const union = node.anyOf ?? node.oneOf;
	if (Array.isArray(union)) out.anyOf = references.list(union);
	intersectAll(out, node, references);
	const rest = Object.entries(described).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
	if (rest.length > 0) {
		const description = typeof out.description === "string" ? `${out.description}\n` : "";
		out.description = `${description}(${rest.join(", ")})`;
	}
	return out;
}

/** A tool's parameters with an object at the top and no union there, as Anthropic demands of every tool. */
export function anthropicInputSchema(schema: JsonObject): JsonObject {
	const { anyOf, oneOf, allOf, ...rest } = schema;
	const variants = [anyOf, oneOf, allOf].flatMap((list) => (Array.isArray(list) ? list.filter(isSchema) : []));
	if (variants.length === 0) return { ...rest, type: "object" };
	// Any branch's properties may be given; required is what all branches require, or what one of `allOf` does.
	const properties = Object.assign({}, rest.properties);
	for (const variant of variants) Object.assign(properties, variant.properties);
	const lists = variants.map((variant) => (Array.isArray(variant.required) ? variant.required : []));
	const shared = Array.isArray(allOf)
		? lists.flat()
		: (lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name)));
	const required = [...new Set([...(Array.isArray(rest.required) ? rest.required : []), ...shared])];
	return { ...rest, type: "object", properties, required };
}

/** Copies multiply when they contain copies; a schema that needs more than this was made to. */
const MAX_COPIES = 200;

/**
 * Rewrites a schema node by node and keeps its references: those into `$defs` or `definitions` stay, other local ones
 * get a definition of their own, so that nothing is copied and cycles stay finite. Foreign references accept anything.
 */
class References {
	readonly #source: JsonObject;
	readonly #node: (node: JsonObject, references: References) => JsonObject;
	/** Definitions made for references to elsewhere in the schema, by reference. */
	readonly #hoisted = new Map<string, { name: string; schema: JsonObject }>();
	/** References that are being copied right now. */
	readonly #open = new Set<string>();
	#copies = 0;

	constructor(source: JsonObject, node: (node: JsonObject, references: References) => JsonObject) {
		this.#source = source;
		this.#node = node;
	}

	root(schema: JsonObject): JsonObject {
		const own = [schema.definitions, schema.$defs].filter(isSchema).map((defs) => this.record(defs));
		const out = this.rewrite(schema);
		const hoisted = [...this.#hoisted.values()].map(({ name, schema: hoist }) => [name, hoist]);
		const $defs = Object.fromEntries([...own.flatMap((defs) => Object.entries(defs)), ...hoisted]);
		return Object.keys($defs).length === 0 ? out : { ...out, $defs };
	}

	rewrite(node: unknown): JsonObject {
		if (!isObject(node)) return {};
		if (typeof node.$ref === "string") return this.#reference(node.$ref);
		return this.#node(node as JsonObject, this);
	}

	/** Like `rewrite`, but with a copy in place of a reference; accepts anything where copies would not end. */
	inline(node: unknown): JsonObject {
		if (!isObject(node) || typeof node.$ref !== "string") return this.rewrite(node);
		const ref = node.$ref;
		if (this.#open.has(ref) || this.#copies >= MAX_COPIES) return {};
		this.#copies++;
		this.#open.add(ref);
		const copy = this.inline(this.#resolve(ref));
		this.#open.delete(ref);
		return copy;
	}

	record(nodes: Record<string, unknown>): JsonObject {
		return Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, this.rewrite(node)]));
	}

	list(nodes: readonly unknown[]): JsonObject[] {
		return nodes.map((node) => this.rewrite(node));
	}

	#reference(ref: string): JsonObject {
		if (ref === "#") return { $ref: ref };
		const definition = /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(ref)?.[1];
		if (definition !== undefined) return { $ref: `#/$defs/${definition}` };
		const target = this.#resolve(ref);
		if (!isObject(target)) return {};
		let hoisted = this.#hoisted.get(ref);
		if (hoisted === undefined) {
			hoisted = { name: `shared_${this.#hoisted.size + 1}`, schema: {} };
			this.#hoisted.set(ref, hoisted);
			hoisted.schema = this.rewrite(target);
		}
		return { $ref: `#/$defs/${hoisted.name}` };
	}

	#resolve(ref: string): unknown {
		if (ref === "#") return this.#source;
		if (!ref.startsWith("#/")) return undefined;
		let node: unknown = this.#source;
		for (const step of ref.slice(2).split("/")) {
			const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
			if (Array.isArray(node)) node = node[Number(key)];
			else node = isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined;
		}
		return node;
	}
}

function isSchema(value: Json | undefined): value is JsonObject {
	return isObject(value);
}

/** `type`, with the `nullable` of OpenAPI folded in. */
function typesOf(node: JsonObject): Json | undefined {
	const { type } = node;
	if (node.nullable !== true || type === undefined) return type;
	return [...new Set([...(Array.isArray(type) ? type : [type]), "null"])];
}

function includesType(type: Json | undefined, name: string): boolean {
	return type === name || (Array.isArray(type) && type.includes(name));
}

/** Whether an object's keys are not named anywhere, so that closing it would leave nothing. */
function hasOpenKeys(node: JsonObject): boolean {
	if (isObject(node.properties) && Object.keys(node.properties).length > 0) return false;
	if ([node.anyOf, node.oneOf, node.allOf].some(Array.isArray)) return false;
	const extra = node.additionalProperties;
	return isObject(node.properties) ? extra === true || isObject(extra) : extra !== false;
}

function pick(node: JsonObject, keys: readonly string[]): JsonObject {
	const out: JsonObject = {};
	for (const key of keys) {
		const value = node[key];
		if (value !== undefined) out[key] = value;
	}
	return out;
}

function move(from: JsonObject, to: JsonObject, key: string): void {
	const value = from[key];
	if (value !== undefined) to[key] = value;
	delete from[key];
}
