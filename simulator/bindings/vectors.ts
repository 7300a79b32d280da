/** Vectorize's rules: what it takes, how it compares, and which vectors a filter lets through. */
import * as v from "valibot";
import { isObject, type JsonObject } from "#lib/json";

const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text).length;

const Values = v.union(
	[
		v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1), v.maxLength(1536)),
		v.pipe(
			v.union([v.instance(Float32Array), v.instance(Float64Array)]),
			v.transform((values) => [...values]),
			v.minLength(1),
			v.maxLength(1536),
		),
	],
	"values must be 1 to 1536 finite numbers",
);
const Id = v.pipe(
	v.string(),
	v.minLength(1),
	v.check((id) => bytes(id) <= 64, "id too long; max 64 bytes"),
);
const Namespace = v.pipe(
	v.string(),
	v.check((name) => bytes(name) <= 64, "namespace too long; max 64 bytes"),
);
const Metadata = v.pipe(
	v.custom<Record<string, VectorizeVectorMetadata>>(isObject, "metadata must be an object"),
	v.check((metadata) => bytes(JSON.stringify(metadata)) <= 10 * 1024, "metadata too large; max 10240 bytes"),
);

const VectorSchema = v.object({
	id: Id,
	values: Values,
	namespace: v.exactOptional(v.optional(Namespace)),
	metadata: v.exactOptional(v.optional(Metadata)),
});
export type Vector = v.InferOutput<typeof VectorSchema>;

const Batch = v.pipe(v.array(VectorSchema), v.minLength(1), v.maxLength(1000, "too many vectors in batch; max 1000"));
const Ids = v.pipe(v.array(Id), v.minLength(1), v.maxLength(1000));

const QuerySchema = v.pipe(
	v.object({
		topK: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 5),
		namespace: v.optional(Namespace),
		returnValues: v.optional(v.boolean(), false),
		returnMetadata: v.optional(v.union([v.boolean(), v.picklist(["none", "indexed", "all"])]), "none"),
		filter: v.optional(
			v.pipe(
				v.custom<JsonObject>(isObject, "filter must be an object"),
				v.check((filter) => bytes(JSON.stringify(filter)) < 2048, "filter too large; max 2048 bytes"),
			),
		),
	}),
	v.transform(({ returnMetadata: level, ...query }) => ({
		...query,
		returnMetadata: level === true ? "all" : level === false ? "none" : level,
	})),
	v.check(
		({ topK, returnValues, returnMetadata }) => topK <= (returnValues || returnMetadata === "all" ? 20 : 100),
		"topK too large; max 100, or 20 when values or all metadata are returned",
	),
);
export type Query = v.InferOutput<typeof QuerySchema>;

/** Fails as the binding does: an error whose text begins with the operation and a code. */
export class VectorError extends Error {
	constructor(operation: "INSERT" | "UPSERT" | "DELETE" | "QUERY" | "GET", code: number, problem: string) {
		super(`VECTOR_${operation}_ERROR (code = ${code}): ${problem}`);
		this.name = "VectorError";
	}
}

function read<const Schema extends v.GenericSchema>(
	schema: Schema,
	value: unknown,
	operation: ConstructorParameters<typeof VectorError>[0],
	code: number,
): v.InferOutput<Schema> {
	const result = v.safeParse(schema, value);
	if (result.success) return result.output;
	throw new VectorError(operation, code, result.issues[0].message);
}

export const readBatch = (batch: unknown, operation: "INSERT" | "UPSERT") => read(Batch, batch, operation, 40012);
export const readIds = (ids: unknown, operation: "DELETE" | "GET") => read(Ids, ids, operation, 40007);
export const readQuery = (options: unknown) => read(QuerySchema, options ?? {}, "QUERY", 40025);
export const readValues = (values: unknown) => read(Values, values, "QUERY", 40006);

/** Cosine similarity: 1 for the same direction; 0 when a vector has no length. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
	let dot = 0;
	let aa = 0;
	let bb = 0;
	for (let at = 0; at < a.length; at++) {
		const [x, y] = [a[at] ?? 0, b[at] ?? 0];
		dot += x * y;
		aa += x * x;
		bb += y * y;
	}
	return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}

/** Whether metadata passes a filter: every field by plain equality or by its operators; dots lead into objects. */
export function passes(metadata: Record<string, unknown>, filter: JsonObject): boolean {
	return Object.entries(filter).every(([path, wanted]) => {
		const value = path.split(".").reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), metadata);
		if (!isObject(wanted)) return value === wanted;
		return Object.entries(wanted).every(([operator, operand]) => holds(operator, value, operand));
	});
}

function holds(operator: string, value: unknown, operand: unknown): boolean {
	const order = compare(value, operand);
	switch (operator) {
		case "$eq":
			return value === operand;
		case "$ne":
			return value !== operand;
		case "$in":
			return Array.isArray(operand) && operand.includes(value);
		case "$nin":
			return Array.isArray(operand) && !operand.includes(value);
		case "$lt":
			return order !== null && order < 0;
		case "$lte":
			return order !== null && order <= 0;
		case "$gt":
			return order !== null && order > 0;
		case "$gte":
			return order !== null && order >= 0;
		default:
			throw new VectorError("QUERY", 40026, `unknown filter operator ${operator}`);
	}
}

/** Negative, zero or positive; null when the two have no order. */
function compare(a: unknown, b: unknown): number | null {
	if (typeof a === "number" && typeof b === "number") return a - b;
	if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
	return null;
}
