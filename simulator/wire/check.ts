import * as v from "valibot";

/** The first thing wrong with a request: where, and in what way. */
export interface Problem {
	/** As in `messages[0].content`. */
	readonly path: string;
	readonly kind: "missing" | "unknown" | "type" | "value";
	readonly expected: string;
	readonly received: string;
}

/** Decodes a request; hands the first problem to `refuse`, which throws in the vendor's words. */
export function decode<const Schema extends v.GenericSchema>(
	schema: Schema,
	body: unknown,
	refuse: (problem: Problem) => never,
): v.InferOutput<Schema> {
	const result = v.safeParse(schema, body, { abortEarly: true });
	if (result.success) return result.output;
	const issue = result.issues[0];
	const path = (issue.path ?? []).map((item) => item.key);
	const missing = issue.received === "undefined";
	refuse({
		path: pathText(path),
		kind: missing
			? "missing"
			: issue.kind === "schema" && issue.type !== "picklist" && issue.type !== "variant"
				? "type"
				: "value",
		expected: issue.expected ?? issue.message,
		received: issue.received,
	});
}

/** The first key of an object that the vendor does not know; undefined when it knows all. */
export function unknownKey(object: object, known: ReadonlySet<string>): string | undefined {
	return Object.keys(object).find((key) => !known.has(key));
}

function pathText(path: readonly unknown[]): string {
	return path
		.map((key, at) => (typeof key === "number" ? `[${key}]` : at === 0 ? String(key) : `.${String(key)}`))
		.join("");
}
