// What the judges of all faces share: a breach of the contract, schemas, and the rules of chunks.
import type { ErrorObject } from "ajv";

/** An answer broke the contract. The message says how and quotes the answer. */
export class Violation extends Error {
	constructor(complaint: string, answer: unknown) {
		const text = typeof answer === "string" ? answer : JSON.stringify(answer);
		super(`${complaint}\n${text?.slice(0, 4000)}`);
		this.name = "Violation";
	}
}

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface Validator {
	(value: unknown): boolean;
	errors?: ErrorObject[] | null;
}

/** Throws unless `value` has the shape that `validator` was generated from. */
export function checkShape(validator: Validator, value: unknown, what: string): void {
	if (validator(value)) return;
	const complaints = (validator.errors ?? []).map(
		({ instancePath, message, params }) => `${instancePath || "/"} ${message} ${JSON.stringify(params)}`,
	);
	throw new Violation(`${what} does not match its schema:\n  ${complaints.join("\n  ")}`, value);
}

/** What the schema cannot say about usage: whole numbers that are parts of each other. */
export function checkUsage(usage: Record<string, unknown>): void {
	const count = (value: unknown, name: string): number => {
		if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Violation(`${name} is not a count`, usage);
		return value as number;
	};
	const prompt = count(usage.prompt_tokens, "prompt_tokens");
	const completion = count(usage.completion_tokens, "completion_tokens");
	if (count(usage.total_tokens, "total_tokens") !== prompt + completion) {
		throw new Violation("total_tokens is not the sum of prompt and completion", usage);
	}
	const parts = (details: unknown, whole: number, disjoint: string[]) => {
		if (!isRecord(details)) return;
		for (const [name, value] of Object.entries(details)) {
			if (count(value, name) > whole) throw new Violation(`${name} exceeds the total that it is part of`, usage);
		}
		const sum = disjoint.reduce((total, name) => total + Number(details[name] ?? 0), 0);
		if (sum > whole) throw new Violation(`${disjoint.join(" and ")} together exceed their total`, usage);
	};
	parts(usage.prompt_tokens_details, prompt, ["cached_tokens", "cache_write_tokens"]);
	parts(usage.completion_tokens_details, completion, ["reasoning_tokens"]);
	const { cost } = usage;
	if (cost !== null && !(typeof cost === "number" && cost >= 0)) throw new Violation("cost is not an amount", usage);
}

interface Completion {
	choices: { index: number; finish_reason: string; message: { tool_calls?: { id: string }[] } }[];
	usage: Record<string, unknown>;
}

/** What the schema cannot say about a whole answer. `value` has its shape. */
export function checkCompletion(value: unknown): void {
	const { choices, usage } = value as Completion;
	if (choices.length === 0) throw new Violation("an answer without choices", value);
	for (const [position, { index, finish_reason: finish, message }] of choices.entries()) {
		if (index !== position) throw new Violation(`choice ${position} calls itself ${index}`, value);
		const calls = message.tool_calls ?? [];
		if (message.tool_calls !== undefined && calls.length === 0)
			throw new Violation("an empty list of tool calls", value);
		if (finish === "tool_calls" && calls.length === 0) throw new Violation("finished by tool calls without any", value);
		if (finish === "stop" && calls.length > 0) throw new Violation("finished by stop with tool calls", value);
		if (new Set(calls.map(({ id }) => id)).size !== calls.length || calls.some(({ id }) => id === "")) {
			throw new Violation("tool call ids are empty or not unique", value);
		}
	}
	checkUsage(usage);
}

/** What the schema cannot say about a whole legacy completion. `value` has its shape. */
export function checkTextCompletion(value: unknown): void {
	const { choices, usage } = value as { choices: { index: number }[]; usage: Record<string, unknown> };
	if (choices.length === 0) throw new Violation("an answer without choices", value);
	for (const [position, { index }] of choices.entries()) {
		if (index !== position) throw new Violation(`choice ${position} calls itself ${index}`, value);
	}
	checkUsage(usage);
}

/** What the schema cannot say about a whole `response`. `value` has its shape. */
export function checkResponse(value: unknown): void {
	const {
		status,
		output,
		usage,
		incomplete_details: details,
	} = value as {
		status: string;
		output: { id: string; type: string; call_id?: string; status?: string }[];
		usage: Record<string, unknown> | null;
		incomplete_details: unknown;
	};
	if (status !== "completed" && status !== "incomplete") throw new Violation(`an answer that is ${status}`, value);
	if ((status === "incomplete") !== (details !== null)) throw new Violation("incomplete for no reason", value);
	if (output.some((item) => item.status === "in_progress")) throw new Violation("an item that is in progress", value);
	const ids = output.map(({ id }) => id);
	const calls = output.flatMap(({ call_id: id }) => (id === undefined ? [] : [id]));
	for (const list of [ids, calls]) {
		if (new Set(list).size !== list.length || list.includes(""))
			throw new Violation("ids are empty or not unique", value);
	}
	if (usage === null) throw new Violation("an answer without usage", value);
	const { input_tokens, output_tokens, total_tokens, cost } = usage;
	checkUsage({
		prompt_tokens: input_tokens,
		completion_tokens: output_tokens,
		total_tokens,
		cost,
		prompt_tokens_details: usage.input_tokens_details,
		completion_tokens_details: usage.output_tokens_details,
	});
}
