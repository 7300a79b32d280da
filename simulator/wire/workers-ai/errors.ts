// Errors of Workers AI, of Cloudflare's API and of the inference service behind it.
import type { Problem } from "#simulator/wire/check";
import { Refusal } from "#simulator/wire/wire";

const CODES: Readonly<Record<number, [code: number, message: string]>> = {
	400: [5006, "AiError: Bad input"],
	401: [10000, "Authentication error"],
	403: [5018, "AiError: This account is not allowed to access this model"],
	404: [3042, "AiError: Invalid model ID"],
	408: [3007, "AiError: Request timeout"],
	413: [3006, "AiError: Request is too large"],
	429: [3040, "AiError: Capacity temporarily exceeded, please try again."],
};

/** The error list of Cloudflare's API. */
export function workersAiFailure(status: number, message?: string): Refusal {
	const [code, text] = CODES[status] ?? [3043, "AiError: Internal server error"];
	return new Refusal(status, {
		errors: [{ message: message ?? text, code }],
		success: false,
		result: {},
		messages: [],
	});
}

/** How the inference service itself answers. */
export function inferenceError(internalCode: number, description: string, status = 400): Refusal {
	return new Refusal(status, {
		internalCode,
		message: `AiError: ${description}`,
		name: "AiError",
		description: `AiError: ${description}`,
	});
}

export function badInput(problem: string): Refusal {
	return inferenceError(5006, `Bad input: Error: ${problem}`);
}

export function unknownProperty(path: string): Refusal {
	return badInput(`Additional or unevaluated properties '${path}' at '/' not allowed`);
}

export function typeMismatch(problem: Problem): never {
	const path = `/${problem.path.replaceAll("[", "/").replaceAll("]", "").replaceAll(".", "/")}`;
	if (problem.kind === "missing")
		throw badInput(
			`required properties at '${path.slice(0, path.lastIndexOf("/")) || "/"}' are '${path.split("/").at(-1)}'`,
		);
	throw badInput(`Type mismatch of '${path}', '${problem.received}' not in '${problem.expected}'`);
}
