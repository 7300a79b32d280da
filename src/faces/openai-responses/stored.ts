/**
 * Answers that are stored: which of them a request draws on, what its input is with theirs written out, and what is
 * stored of its own. Ids of items hold the id of the answer that they belong to, so that an `item_reference` finds it.
 */
import { GatewayError, invalidRequest } from "#core/errors";
import type { RequestId } from "#core/ids";
import type { StorageWish, StoredResponse } from "#core/stored-response";
import type { ContinuedBody } from "#faces/face";
import { isObject, type JsonObject } from "#lib/json";

/** The most answers that references of one request may point into. */
const MAX_REFERENCED_ANSWERS = 32;
/** Ids of items, of an answer's output or of its request's input. */
const ITEM_ID = /^[a-z]+_([0-9a-f]{32})_(?:in)?\d+$/;

/** The beginnings of items' ids, by type; those of others have the first letters of their type. */
const PREFIXES: Readonly<Record<string, string>> = {
	message: "msg",
	function_call: "fc",
	function_call_output: "fco",
	custom_tool_call: "ctc",
	custom_tool_call_output: "ctco",
	reasoning: "rs",
};

/** What makes the ids of a request's answer and items its own. */
export function suffixOf(requestId: RequestId): string {
	return requestId.slice(4);
}

export function responseId(suffix: string): string {
	return `resp_${suffix}`;
}

/** What a body wants of stored answers. Throws `GatewayError` 400. */
export function storageWish(body: unknown): StorageWish {
	if (!isObject(body)) return { store: null, needs: [] };
	const { store, previous_response_id: previous, input } = body;
	const needs = new Map<string, string>();
	if (previous != null) {
		const param = "previous_response_id";
		if (typeof previous !== "string" || previous === "") {
			throw invalidRequest("`previous_response_id` must be the id of an answer, such as `resp_…`", param);
		}
		if (body.conversation != null) {
			throw invalidRequest("`previous_response_id` and `conversation` exclude each other", param);
		}
		needs.set(previous, param);
	}
	let references = 0;
	for (const [index, item] of (Array.isArray(input) ? input : []).entries()) {
		const id = referenceOf(item);
		if (id === null) continue;
		const answer = answerOfItem(id);
		if (needs.has(answer)) continue;
		if (++references > MAX_REFERENCED_ANSWERS) {
			throw invalidRequest(
				`items of at most ${MAX_REFERENCED_ANSWERS} answers may be referred to; send the others themselves`,
				`input[${index}]`,
			);
		}
		needs.set(answer, `input[${index}]`);
	}
	return {
		store: typeof store === "boolean" ? store : null,
		needs: [...needs].map(([id, param]) => ({ id, param })),
	};
}

/**
 * The body with all that it draws on in its `input`; `found` has every answer that it needs. `suffix` makes the ids of
 * its own items, and `keeps` says whether its answer shall be stored, which it may not have said itself. Throws
 * `GatewayError` 400 for a reference to an item that is not there.
 */
export function continued(
	body: unknown,
	found: ReadonlyMap<string, StoredResponse>,
	suffix: string,
	keeps: boolean,
): ContinuedBody {
	if (!isObject(body)) return { body, history: [], input: [] };
	const previous = typeof body.previous_response_id === "string" ? found.get(body.previous_response_id) : undefined;
	const history = previous === undefined ? [] : saidIn(previous);
	const sent = itemsOf(body.input);
	const isWhole = previous === undefined && !keeps && !sent?.some((item) => referenceOf(item) !== null);
	if (sent === null || isWhole) return { body, history, input: [] };
	const store = keeps ? { store: true } : {};
	const input = sent.map((item, index) => {
		const id = referenceOf(item);
		return id === null ? item : referredTo(id, found, `input[${index}]`);
	});
	return {
		body: { ...body, ...store, input: [...history, ...input] },
		history,
		input: input.filter(isObject).map((item, index) => identified(item as JsonObject, suffix, index)),
	};
}

/** All items of a stored answer, from the first of its conversation to the last of its own. */
function saidIn({ history, input, response }: StoredResponse): JsonObject[] {
	return [...history, ...input, ...response.output];
}

/** `input` as items; null when it is neither a text nor a list. */
function itemsOf(input: unknown): readonly unknown[] | null {
	if (typeof input === "string") return [{ type: "message", role: "user", content: input }];
	return Array.isArray(input) ? input : null;
}

/** The id that an item refers to; null when it is an item itself. Without a type, one that has nothing but an id. */
function referenceOf(item: unknown): string | null {
	if (!isObject(item) || typeof item.id !== "string") return null;
	if (item.type === "item_reference") return item.id;
	return item.type == null && item.role === undefined ? item.id : null;
}

/** The answer that an item belongs to; one that cannot be there for an id of another's making. */
function answerOfItem(id: string): string {
	const [, suffix] = ITEM_ID.exec(id) ?? [];
	return suffix === undefined ? id : responseId(suffix);
}

function referredTo(id: string, found: ReadonlyMap<string, StoredResponse>, param: string): JsonObject {
	const answer = found.get(answerOfItem(id));
	const item = answer && saidIn(answer).find((one) => one.id === id);
	if (item !== undefined) return item;
	throw GatewayError.of("previous_response_not_found", `no stored answer of this API key has an item \`${id}\``, {
		param,
	});
}

/** An item of a request as the list of its input items shows it: with an id, and texts as parts. */
function identified(item: JsonObject, suffix: string, index: number): JsonObject {
	const type = typeof item.type === "string" ? item.type : "message";
	const id = item.id ?? `${PREFIXES[type] ?? type.replace(/[^a-z]/g, "").slice(0, 4)}_${suffix}_in${index}`;
	if (type !== "message" || typeof item.content !== "string") return { ...item, type, id };
	const text = item.content;
	const part: JsonObject =
		item.role === "assistant" ? { type: "output_text", text, annotations: [] } : { type: "input_text", text };
	return { ...item, type, id, content: [part] };
}
