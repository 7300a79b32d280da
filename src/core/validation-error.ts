import type { BaseIssue } from "valibot";
import { type GatewayError, invalidRequest } from "./errors";

/** The 400 for the first thing wrong with a body. Names the field and what was expected, never what was received. */
export function validationError(issue: BaseIssue<unknown>): GatewayError {
	const param = fieldPath(issue);
	if (param === "") return invalidRequest(`the request body ${problem(issue)}`);
	return invalidRequest(`\`${param}\` ${problem(issue)}`, param);
}

function problem(issue: BaseIssue<unknown>): string {
	if (issue.expected === "never") return "is not a field that is known here";
	if (issue.received === "undefined") return "is required";
	// Valibot's own wording quotes the value.
	return /^(Invalid|Expected)/.test(issue.message) ? `must be ${issue.expected ?? "valid"}` : issue.message;
}

/** Like `messages[0].content`. */
function fieldPath(issue: BaseIssue<unknown>): string {
	let path = "";
	for (const { key } of issue.path ?? []) path += typeof key === "number" ? `[${key}]` : path === "" ? key : `.${key}`;
	return path;
}
