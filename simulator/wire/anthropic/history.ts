// What Anthropic demands of a conversation: turns, tool results, and signed thinking.
import { verify } from "#simulator/model/signature";
import type { Seat } from "#simulator/wire/wire";
import { invalidMessage } from "./errors";
import type { AnthropicBody, Block, Turn } from "./schema";
import { isFifthOpus } from "./thinking";

/** Consecutive turns of one role are one turn. */
export function mergeTurns(messages: readonly Turn[]): Turn[] {
	const turns: Turn[] = [];
	for (const message of messages) {
		const last = turns.at(-1);
		if (last?.role === message.role)
			turns[turns.length - 1] = { role: last.role, content: [...last.content, ...message.content] };
		else turns.push(message);
	}
	return turns;
}

/** Checks the turns of a conversation as they stand after merging. */
export function checkHistory(turns: readonly Turn[], body: AnthropicBody, seat: Seat): void {
	if (turns.length === 0) throw invalidMessage("messages: at least one message is required");
	if (turns[0]?.role !== "user") throw invalidMessage('messages: first message must use the "user" role');
	checkCacheControl(turns, body);
	for (const [at, turn] of turns.entries()) {
		if (turn.role === "system" && !isFifthOpus(seat.model.id)) {
			throw invalidMessage(`messages.${at}.role: Input should be 'user' or 'assistant'`);
		}
		checkBlocks(turn, at, at === turns.length - 1);
		checkResults(turns[at - 1], turn, at);
		for (const [index, block] of turn.content.entries()) checkSignature(block, `messages.${at}.content.${index}`, seat);
	}
	checkEnd(turns, body, seat);
}

function checkBlocks(turn: Turn, at: number, isLast: boolean): void {
	if (turn.content.length === 0 && !(isLast && turn.role === "assistant")) {
		throw invalidMessage(
			`messages.${at}: all messages must have non-empty content except for the optional final assistant message`,
		);
	}
	for (const block of turn.content) {
		if (block.type !== "text") continue;
		if (block.text === "") throw invalidMessage("messages: text content blocks must be non-empty");
		if (block.text.trim() === "")
			throw invalidMessage("messages: text content blocks must contain non-whitespace text");
	}
	const hasMisplaced = turn.content.some((block) =>
		turn.role === "assistant" ? block.type === "tool_result" : block.type === "tool_use",
	);
	if (hasMisplaced) {
		const what =
			turn.role === "assistant"
				? "`tool_result` blocks can only be in `user` messages"
				: "`tool_use` blocks can only be in `assistant` messages";
		throw invalidMessage(`messages.${at}: ${what}`);
	}
}

/** Every call of the turn before is answered at the very beginning of this one, and nothing else is. */
function checkResults(before: Turn | undefined, turn: Turn, at: number): void {
	const called = (before?.content ?? []).flatMap((block) => (block.type === "tool_use" ? [block.id] : []));
	const first = turn.content.findIndex((block) => block.type !== "tool_result");
	const leading = first === -1 ? turn.content : turn.content.slice(0, first);
	const answered = leading.flatMap((block) => (block.type === "tool_result" ? [block.tool_use_id] : []));
	const open = called.filter((id) => !answered.includes(id));
	if (open.length > 0) {
		throw invalidMessage(
			`messages.${at - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
		);
	}
	for (const [index, block] of turn.content.entries()) {
		if (block.type !== "tool_result" || called.includes(block.tool_use_id)) continue;
		throw invalidMessage(
			`messages.${at}.content.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${block.tool_use_id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
		);
	}
}

/** Thoughts come back as they were given, or without their text, as callers have them whom it was not shown to. */
function checkSignature(block: Block, where: string, seat: Seat): void {
	if (block.type !== "thinking") return;
	const verdict = verify(block.signature, seat.model.id, block.thinking === "" ? null : block.thinking);
	// To some models only their own.
	if (verdict === "corrupted" || (verdict === "foreign" && seat.model.traits.thinking === "always")) {
		throw invalidMessage(`${where}: Invalid \`signature\` in \`thinking\` block`);
	}
}

function checkEnd(turns: readonly Turn[], body: AnthropicBody, seat: Seat): void {
	const last = turns.at(-1);
	if (last?.role === "assistant") {
		if (seat.model.traits.thinking !== "budget" || body.thinking?.type === "enabled") {
			throw invalidMessage(
				"This model does not support assistant message prefill. The conversation must end with a user message.",
			);
		}
		const text = last.content.at(-1);
		if (text?.type === "text" && text.text !== text.text.trimEnd()) {
			throw invalidMessage("messages: final assistant content cannot end with trailing whitespace");
		}
	}
	if (body.thinking?.type !== "enabled" || last?.content[0]?.type !== "tool_result") return;
	const calling = turns.at(-2);
	const opening = calling?.content[0]?.type;
	if (opening !== "thinking" && opening !== "redacted_thinking") {
		throw invalidMessage(
			`messages.${turns.length - 2}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${opening}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`,
		);
	}
}

function checkCacheControl(turns: readonly Turn[], body: AnthropicBody): void {
	const blocks: object[] = [
		...(body.tools ?? []),
		...(Array.isArray(body.system) ? body.system : []),
		...turns.flatMap((turn) => turn.content),
		body,
	];
	const marked = blocks.filter((block) => "cache_control" in block && block.cache_control != null).length;
	if (marked > 4) throw invalidMessage(`A maximum of 4 blocks with cache_control may be provided. Found ${marked}.`);
}
