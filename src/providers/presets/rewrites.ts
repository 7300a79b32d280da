// Last changes to a Chat Completions body for vendors that want one thing or another differently.
import type { Model } from "#catalog/model";
import { isObject } from "#lib/json";
import { refused } from "#providers/shared/request-fields";

/** A body on its way out. */
export type Wire = Record<string, unknown>;

/** Without the names of messages' authors. */
export function withoutNames(body: Wire): Wire {
	return eachMessage(body, ({ name, ...message }) => (message.role === "tool" ? { name, ...message } : message));
}

/**
 * Ids of tool calls in exactly `length` letters and digits: a call and its result share one, and no two calls do.
 */
export function shortCallIds(body: Wire, length: number): Wire {
	const given = new Map<string, string>();
	const used = new Set<string>();
	/** By what an id was first shortened to, the last number that was put behind one to tell it apart. */
	const marks = new Map<string, number>();
	const short = (id: unknown) => {
		const own = String(id);
		const known = given.get(own);
		if (known !== undefined) return known;
		const base = shortened(own, length);
		let mark = marks.get(base) ?? 1;
		let made = base;
		while (used.has(made)) made = shortened(`${own}${++mark}`, length);
		marks.set(base, mark);
		given.set(own, made);
		used.add(made);
		return made;
	};
	return eachMessage(body, (message) => ({
		...message,
		...(message.tool_call_id !== undefined && { tool_call_id: short(message.tool_call_id) }),
		...(Array.isArray(message.tool_calls) && {
			tool_calls: message.tool_calls.map((call) => ({ ...call, id: short(call.id) })),
		}),
	}));
}

/** The end of an id is its random part; one that has too few usable characters is filled up by its own sum. */
function shortened(id: string, length: number): string {
	const usable = id.replace(/[^a-zA-Z0-9]/g, "");
	if (usable.length >= length) return usable.slice(-length);
	let sum = 0;
	for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 2 ** 31;
	return usable + sum.toString(36).padStart(length, "0").slice(usable.length);
}

/** Every assistant message that calls a tool comes with the reasoning before it, be it empty. */
export function owedReasoning(body: Wire, model: Model): Wire {
	if (!model.reasoning) return body;
	return eachMessage(body, (message) =>
		message.tool_calls === undefined ? message : { reasoning_content: "", ...message },
	);
}

export function withoutPenalties(body: Wire, dropped: string[]): Wire {
	const { presence_penalty: presence, frequency_penalty: frequency, ...rest } = body;
	if (presence !== undefined) dropped.push("presence_penalty");
	if (frequency !== undefined) dropped.push("frequency_penalty");
	return rest;
}

/** A temperature from `least` to `most`. */
export function clampTemperature(body: Wire, least: number, most: number): Wire {
	const { temperature } = body;
	return typeof temperature === "number"
		? { ...body, temperature: Math.min(most, Math.max(least, temperature)) }
		: body;
}

/** One stop word as a list. Throws `GatewayError` for several, which cannot all be honoured. */
export function singleStop(body: Wire, model: Model): Wire {
	const { stop } = body;
	if (stop === undefined) return body;
	const words = Array.isArray(stop) ? stop : [stop];
	if (words.length > 1) throw refused("stop", model);
	return { ...body, stop: words };
}

/** Only the tool that a choice names, where a tool cannot be chosen by name. Throws `GatewayError` for no such tool. */
export function namedForRequired(body: Wire, choice: unknown, model: Model): Wire {
	const name = isObject(choice) && isObject(choice.function) ? choice.function.name : undefined;
	const tools = (Array.isArray(body.tools) ? body.tools : []).filter((tool) => tool.function?.name === name);
	if (tools.length === 0) throw refused("tool_choice", model);
	return { ...body, tools };
}

function eachMessage(body: Wire, change: (message: Wire) => Wire): Wire {
	return { ...body, messages: Array.isArray(body.messages) ? body.messages.map(change) : body.messages };
}
