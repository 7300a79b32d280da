/** Puts what a schema found wrong with a body in words for people: which field, what was expected, and what came. */
import type { BaseIssue } from "valibot";
import { type GatewayError, invalidRequest } from "./errors";

type Issue = BaseIssue<unknown>;

/** The types of JSON by valibot's names for them, with an example where the name alone is not one. */
const TYPES: Readonly<Record<string, string>> = {
	string: 'a string, such as "text"',
	number: "a number, such as 1",
	boolean: "true or false",
	Array: "an array, such as [...]",
	Object: "an object, such as {...}",
	null: "null",
};

/**
 * The 400 for the first thing wrong with a body. Names the field, what was expected and the kind of what came; it never
 * quotes a string, since callers put secrets into wrong fields.
 */
export function validationError(found: Issue): GatewayError {
	const [issue, path] = closest(found);
	const param = fieldPath(path);
	const problem = problemOf(issue);
	if (param === "") return invalidRequest(`the request body ${problem}`);
	return invalidRequest(`\`${param}\` ${problem}`, param);
}

/** Where one of several forms was meant and is wrong further inside, what is wrong there; with its whole path. */
function closest(issue: Issue): [Issue, readonly PropertyKey[]] {
	const path = (issue.path ?? []).map(({ key }) => key as PropertyKey);
	const inner = (issue.issues ?? []).filter((each) => (each.path?.length ?? 0) > 0);
	const [first, ...others] = inner;
	if (issue.type !== "union" || first === undefined) return [issue, path];
	const deepest = others.reduce((a, b) => ((b.path?.length ?? 0) > (a.path?.length ?? 0) ? b : a), first);
	const [found, rest] = closest(deepest);
	return [found, [...path, ...rest]];
}

function problemOf(issue: Issue): string {
	const { expected, received, input, message, kind } = issue;
	if (expected === "never") return "is not a field that is known here";
	if (received === "undefined" || input === undefined) return "is required";
	// Valibot's own wording quotes the value.
	if (!/^(Invalid|Expected)/.test(message)) return kind === "schema" ? `${message}; it is ${came(input)}` : message;
	return boundProblem(issue) ?? `must be ${wanted(issue)}; it is ${came(input)}`;
}

/** What is wrong with the size of something; null where that is not what is wrong. */
function boundProblem({ type, input, requirement }: Issue): string | null {
	const unit = typeof input === "string" ? "character" : "entry";
	const most = String(requirement);
	switch (type) {
		case "min_length":
			if (requirement === 1) return "must not be empty";
			return `must have at least ${most} ${counted(requirement, unit)}; it has ${lengthOf(input)}`;
		case "max_length":
			return `must have at most ${most} ${counted(requirement, unit)}; it has ${lengthOf(input)}`;
		case "max_bytes":
			return `must have at most ${most} ${counted(requirement, "byte")} in UTF-8`;
		case "min_value":
			return `must be ${most} or more; it is ${came(input)}`;
		case "gt_value":
			return `must be more than ${most}; it is ${came(input)}`;
		case "max_value":
			return `must be ${most} or less; it is ${came(input)}`;
		default:
			return null;
	}
}

function wanted({ type, expected }: Issue): string {
	switch (type) {
		case "integer":
		case "safe_integer":
			return "a whole number, such as 1";
		case "iso_date":
			return "a day, such as 2027-01-31";
		default:
			return listed((expected ?? "valid").replace(/^\((.*)\)$/, "$1").split(" | "));
	}
}

/** One of what valibot lists: types, or values in their JSON form. */
function listed(names: readonly string[]): string {
	const words = names.map((name) => TYPES[name] ?? name);
	if (words.some((word, index) => word !== names[index])) return words.join(", or ");
	return words.length === 1 ? (words[0] ?? "") : `one of ${words.join(", ")}`;
}

/** What kind of thing came. Numbers are shown; strings are not. */
function came(input: unknown): string {
	if (typeof input === "string")
		return input === "" ? "an empty string" : `a string of ${sized(input.length, "character")}`;
	if (Array.isArray(input))
		return input.length === 0 ? "an empty array" : `an array of ${sized(input.length, "entry")}`;
	if (typeof input === "object" && input !== null) return "an object";
	return String(input);
}

function lengthOf(input: unknown): number {
	return typeof input === "string" || Array.isArray(input) ? input.length : 0;
}

function sized(count: number, unit: string): string {
	return `${count} ${counted(count, unit)}`;
}

function counted(count: unknown, unit: string): string {
	if (count === 1) return unit;
	return unit === "entry" ? "entries" : `${unit}s`;
}

/** Like `messages[0].content`. */
function fieldPath(keys: readonly PropertyKey[]): string {
	let path = "";
	for (const key of keys) path += typeof key === "number" ? `[${key}]` : `${path === "" ? "" : "."}${String(key)}`;
	return path;
}
