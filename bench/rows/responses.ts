/** What an upstream that speaks OpenAI's Responses answers: a stream of events. */
import { CHAT_MODEL, type Events, pieces } from "./exchange.ts";

const ITEM = "msg_0123456789abcdefghijklmn";

/** OpenAI's events for an answer of that many tokens. */
export function responsesAnswer(tokens: number): Events {
	let number = 0;
	const event = (type: string, data: object): string =>
		`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...data })}\n\n`;
	const words = pieces(tokens);
	const text = words.join("");
	const response = (status: string, output: object[], usage: object | null): object => ({
		id: "resp_0123456789abcdefghijklmn",
		object: "response",
		created_at: 1_790_000_000,
		status,
		error: null,
		incomplete_details: null,
		model: CHAT_MODEL,
		output,
		store: false,
		service_tier: "default",
		usage,
	});
	const item = (status: string, content: object[]): object => ({
		id: ITEM,
		type: "message",
		status,
		role: "assistant",
		content,
	});
	const part = (said: string): object => ({ type: "output_text", text: said, annotations: [], logprobs: [] });
	const where = { item_id: ITEM, output_index: 0, content_index: 0 };
	const begun = { response: response("in_progress", [], null) };
	const whole = item("completed", [part(text)]);
	const usage = {
		input_tokens: 212,
		input_tokens_details: { cached_tokens: 0 },
		output_tokens: tokens,
		output_tokens_details: { reasoning_tokens: 0 },
		total_tokens: 212 + tokens,
	};
	return {
		opening:
			event("response.created", begun) +
			event("response.in_progress", begun) +
			event("response.output_item.added", { output_index: 0, item: item("in_progress", []) }) +
			event("response.content_part.added", { ...where, part: part("") }),
		content: words.map((delta) => event("response.output_text.delta", { ...where, delta, logprobs: [] })),
		closing:
			event("response.output_text.done", { ...where, text, logprobs: [] }) +
			event("response.content_part.done", { ...where, part: part(text) }) +
			event("response.output_item.done", { output_index: 0, item: whole }) +
			event("response.completed", { response: response("completed", [whole], usage) }),
	};
}
