/** What an upstream that speaks Anthropic's Messages answers: a stream of events. */
import { type Events, MESSAGES_MODEL, pieces } from "./exchange.ts";

/** Anthropic's events for an answer of that many tokens. */
export function messagesAnswer(tokens: number): Events {
	const event = (type: string, data: object = {}): string =>
		`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
	const usage = { input_tokens: 212, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
	const message = {
		id: "msg_0123456789abcdefghijklmn",
		type: "message",
		role: "assistant",
		model: MESSAGES_MODEL,
		content: [],
		stop_reason: null,
		stop_sequence: null,
		usage: { ...usage, output_tokens: 1, service_tier: "standard" },
	};
	return {
		opening:
			event("message_start", { message }) +
			event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }) +
			event("ping"),
		content: pieces(tokens).map((text) =>
			event("content_block_delta", { index: 0, delta: { type: "text_delta", text } }),
		),
		closing:
			event("content_block_stop", { index: 0 }) +
			event("message_delta", {
				delta: { stop_reason: "end_turn", stop_sequence: null },
				usage: { ...usage, output_tokens: tokens },
			}) +
			event("message_stop"),
	};
}
