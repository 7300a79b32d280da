// Reads tool calls, whole or in fragments.
import type { ToolCall, ToolCallDelta, VendorExtra } from "#core/chat/chat";
import { isObject, parseJson } from "#lib/json";
import { malformed } from "#providers/shared/faults";
import { isShallow, isWord } from "#providers/shared/json-shape";

/**
 * Makes ids for calls whose server sent none. They must differ within a conversation, and decoding knows no chance:
 * `turn` is the number of messages that went before.
 */
function madeId(turn: number, choice: number, index: number): string {
	return `call_${turn}_${choice}_${index}`;
}

/** A call's own id; a made one where the server sent none, or one that an earlier call has. */
function freshId(own: string | null, used: Set<string>, made: string): string {
	let id = own === null || used.has(own) ? made : own;
	while (used.has(id)) id += "_";
	used.add(id);
	return id;
}

/** One call or a fragment of one, read from the wire. Empty strings and `null` are absent. */
interface Piece {
	readonly slot: number | null;
	readonly id: string | null;
	readonly type: "function" | "custom";
	readonly name: string | null;
	/** Arguments, or the input of a custom tool; objects as JSON text. */
	readonly text: string;
	readonly extra: VendorExtra | undefined;
}

function readPiece(item: Record<string, unknown>): Piece {
	const type = isObject(item.custom) ? "custom" : "function";
	// Some servers put name and arguments beside the id.
	const body = isObject(item.function) ? item.function : isObject(item.custom) ? item.custom : item;
	return {
		slot: Number.isSafeInteger(item.index) ? (item.index as number) : null,
		id: typeof item.id === "number" ? String(item.id) : isWord(item.id) ? item.id : null,
		type,
		name: isWord(body.name) ? body.name : null,
		text: argumentText(type === "custom" ? body.input : body.arguments),
		extra: readExtra(item.extra_content),
	};
}

function argumentText(value: unknown): string {
	if (typeof value === "string") return value;
	if (value === undefined || value === null) return "";
	if (!isShallow(value)) throw malformed("the arguments of a tool call are nested too deeply");
	return JSON.stringify(value);
}

function readExtra(value: unknown): VendorExtra | undefined {
	if (!isObject(value) || !isObject(value.google)) return undefined;
	const signature = value.google.thought_signature;
	return typeof signature === "string" ? { google: { thought_signature: signature } } : undefined;
}

function asList(value: unknown): unknown[] {
	// One server sends its only call without the array around it.
	return Array.isArray(value) ? value : [value];
}

/**
 * The calls of a whole message, from `tool_calls` or the deprecated `function_call`. Throws for a call without a name.
 */
export function wholeCalls(message: Record<string, unknown>, turn: number, choice: number): ToolCall[] {
	const calls: ToolCall[] = [];
	const ids = new Set<string>();
	for (const item of asList(message.tool_calls ?? message.function_call)) {
		if (!isObject(item)) continue;
		const { id, type, name, text, extra } = readPiece(item);
		if (name === null) {
			if (id === null && text === "") continue;
			throw malformed("a tool call without a name");
		}
		const known = freshId(id, ids, madeId(turn, choice, calls.length));
		calls.push(
			type === "custom"
				? { id: known, type, custom: { name, input: text } }
				: {
						id: known,
						type,
						function: { name, arguments: text || "{}" },
						...(extra !== undefined && { extra_content: extra }),
					},
		);
	}
	return calls;
}

interface OpenCall {
	/** The server's own index. */
	readonly slot: number | null;
	/** The server's own id. */
	readonly id: string | null;
	type: "function" | "custom";
	name: string | null;
	/** Our index, given when the call is passed on; until its name is known it is held back. */
	index: number | null;
	text: string;
	extra: VendorExtra | undefined;
}

/** The most calls of one choice in a stream: every fragment is looked for among all of them. */
const MAX_STREAMED_CALLS = 1_000;

/**
 * Puts the fragments of one choice's tool calls into OpenAI's order, whatever a server does with indexes and ids:
 * every call gets an index of its own, counted from zero, and opens once, with id, type and name.
 */
export class ToolCallFragments {
	readonly #calls: OpenCall[] = [];
	/** Of the calls that were passed on. */
	readonly #ids = new Set<string>();
	readonly #turn: number;
	readonly #choice: number;
	#opened = 0;

	constructor(turn: number, choice: number) {
		this.#turn = turn;
		this.#choice = choice;
	}

	/** Whether a call has been passed on. */
	get any(): boolean {
		return this.#opened > 0;
	}

	push(value: unknown): ToolCallDelta[] {
		const deltas: ToolCallDelta[] = [];
		for (const item of asList(value)) {
			if (!isObject(item)) continue;
			const delta = this.#add(readPiece(item));
			if (delta !== null) deltas.push(delta);
		}
		return deltas;
	}

	/** What is left to say when the choice finishes. Throws for a call that never got a name. */
	finish(): ToolCallDelta[] {
		const deltas: ToolCallDelta[] = [];
		for (const call of this.#calls) {
			if (call.index === null) throw malformed("a tool call without a name");
			// Clients parse the arguments, and no arguments are no JSON.
			if (call.text === "" && call.type === "function")
				deltas.push({ index: call.index, function: { arguments: "{}" } });
		}
		return deltas;
	}

	#add(piece: Piece): ToolCallDelta | null {
		const { slot, id, type, name, text, extra } = piece;
		let call = this.#find(piece);
		if (call === undefined) {
			if (id === null && name === null && text === "") return null;
			if (this.#calls.length === MAX_STREAMED_CALLS) throw malformed(`more than ${MAX_STREAMED_CALLS} tool calls`);
			call = { slot, id, type, name: null, index: null, text: "", extra: undefined };
			this.#calls.push(call);
		} else if (isRepeated(call, piece)) return null;
		call.text += text;
		if (call.index !== null) {
			if (text === "" && extra === undefined) return null;
			return {
				index: call.index,
				...(call.type === "custom" ? { custom: { input: text } } : { function: { arguments: text } }),
				...(extra !== undefined && { extra_content: extra }),
			};
		}
		call.extra = extra ?? call.extra;
		if (name === null) return null;
		call.name = name;
		call.type = type;
		call.index = this.#opened++;
		return {
			index: call.index,
			id: freshId(call.id ?? id, this.#ids, madeId(this.#turn, this.#choice, call.index)),
			type,
			...(type === "custom" ? { custom: { name, input: call.text } } : { function: { name, arguments: call.text } }),
			...(call.extra !== undefined && { extra_content: call.extra }),
		};
	}

	/** The call that a piece belongs to; undefined when it begins another. */
	#find(piece: Piece): OpenCall | undefined {
		const { slot, id, name } = piece;
		if (id !== null) {
			const same = this.#calls.findLast(
				(call) => call.id === id && (slot === null || call.slot === null || call.slot === slot),
			);
			if (same !== undefined) return isAnother(same, piece) ? undefined : same;
			// Under another index, and without a name, it begins nothing.
			const elsewhere = name === null ? this.#calls.findLast((call) => call.id === id) : undefined;
			if (elsewhere !== undefined) return elsewhere;
		}
		const last = slot === null ? this.#calls.at(-1) : this.#calls.findLast((call) => call.slot === slot);
		if (last === undefined || name === null || last.name === null) return last;
		// Several servers give all parallel calls the index 0; only their ids differ.
		if (id !== null && last.id !== null) return undefined;
		// Others repeat the name with every fragment, or send whole calls without ids.
		return name === last.name && parseJson(last.text) === undefined ? last : undefined;
	}
}

/** Whether a named piece with a call's own id begins another one: another function, or arguments behind whole ones. */
function isAnother(call: OpenCall, { name, text }: Piece): boolean {
	if (name === null || call.name === null) return false;
	return name !== call.name || (text.trim() !== "" && isWhole(call) && text !== call.text);
}

/** Whether a piece says a whole call once more, as some servers do at the end. */
function isRepeated(call: OpenCall, { id, name, text }: Piece): boolean {
	return id !== null && id === call.id && name !== null && name === call.name && text === call.text && isWhole(call);
}

function isWhole({ type, text }: OpenCall): boolean {
	// Looked at first, because parsing at every fragment would take long.
	return type === "function" && text.endsWith("}") && parseJson(text) !== undefined;
}
