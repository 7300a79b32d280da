// Gemini's errors, in the form of Google's APIs.
import type { Json } from "#lib/json";
import type { Problem } from "#simulator/wire/check";
import { Refusal } from "#simulator/wire/wire";

const STATUSES: Readonly<Record<number, [status: string, message: string]>> = {
	400: ["INVALID_ARGUMENT", "Request contains an invalid argument."],
	401: [
		"UNAUTHENTICATED",
		"Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
	],
	403: ["PERMISSION_DENIED", "The caller does not have permission"],
	404: ["NOT_FOUND", "Requested entity was not found."],
	429: ["RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."],
	499: ["CANCELLED", "The operation was cancelled."],
	503: ["UNAVAILABLE", "The model is overloaded. Please try again later."],
	504: ["DEADLINE_EXCEEDED", "Deadline expired before operation could complete."],
};

export function geminiFailure(status: number, message?: string): Refusal {
	const [name, text] =
		STATUSES[status] ??
		(status < 500 ? ["INVALID_ARGUMENT", "Bad request."] : ["INTERNAL", "An internal error has occurred."]);
	const details: Json[] =
		status === 429
			? [
					{
						"@type": "type.googleapis.com/google.rpc.QuotaFailure",
						violations: [
							{
								quotaId: "GenerateRequestsPerMinutePerProjectPerModel",
								quotaMetric: "generate_requests",
								quotaValue: "5",
							},
						],
					},
					{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1.5s" },
				]
			: [];
	return new Refusal(status, {
		error: { code: status, message: message ?? text, status: name, ...(details.length > 0 ? { details } : {}) },
	});
}

export function invalid(message: string): Refusal {
	return geminiFailure(400, message);
}

export function geminiMalformed({ path, kind, expected, received }: Problem): never {
	const fields = path.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a}_${b.toLowerCase()}`);
	if (kind === "unknown") {
		const at = fields.lastIndexOf(".");
		const name = path.split(".").at(-1) ?? path;
		const where = at === -1 ? "" : ` at '${fields.slice(0, at)}'`;
		throw invalid(`Invalid JSON payload received. Unknown name "${name}"${where}: Cannot find field.`);
	}
	throw invalid(`Invalid value at '${fields}' (${expected}), ${received}`);
}
