// Decodes a simulated vendor's request and hands its first problem to the vendor's own error.
import * as v from "valibot";
import { finding } from "#simulator/model/issue";

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
	const { issue, path } = finding(result.issues[0]);
	refuse({
		path: pathText(path),
		kind: kindOf(issue),
		expected: issue.expected ?? issue.message,
		received: issue.received,
	});
}

function kindOf(issue: v.BaseIssue<unknown>): Problem["kind"] {
	if (issue.type === "strict_object" && issue.expected === "never") return "unknown";
	if (issue.received === "undefined") return "missing";
	const isType =
		issue.kind === "schema" && issue.type !== "picklist" && issue.type !== "variant" && issue.type !== "literal";
	return isType ? "type" : "value";
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
