/**
 * What is asked and answered in every measurement: one chat request of about a kilobyte, and OpenAI's answer to it,
 * whole or streamed. The upstream, the load generator and the first check of each target share it.
 */
const MODEL = "gpt-6-luna";
const ID = "chatcmpl-0123456789abcdefghijklmnop";
const CREATED = 1_790_000_000;

const SYSTEM =
	"You are the assistant of a small hardware shop. Answer in plain English, in whole sentences, without lists. Name a " +
	"product only if it is in the catalogue that the customer has open. If you do not know something, say so and offer to " +
	"ask a colleague. Never promise a delivery date. Prices include tax and are in euros. ";
const QUESTION =
	"I want to put up three oak shelves, each 90 cm wide and about 14 kg when full, on a plasterboard wall with metal " +
	"studs at 60 cm. Which fixings do I need, how many of them, and what do I have to watch out for when I drill?";

const SENTENCE = "Use two hollow-wall anchors per bracket, and one long screw wherever a bracket meets a stud. ";

/** The modes of measurement. `tokens` is content chunks per stream; `pace` is milliseconds before each of them. */
export type Mode = "whole" | "burst" | "paced";
export const MODE_NAMES: readonly Mode[] = ["whole", "burst", "paced"];
export const MODES: Readonly<Record<Mode, { stream: boolean; tokens: number; pace: number }>> = {
	whole: { stream: false, tokens: 100, pace: 0 },
	burst: { stream: true, tokens: 100, pace: 0 },
	paced: { stream: true, tokens: 20, pace: 5 },
};

/** The text that the upstream answers with, as `tokens` pieces. */
function pieces(tokens: number): string[] {
	const words = SENTENCE.match(/\S+\s/g) ?? [];
	return Array.from({ length: tokens }, (_, index) => words[index % words.length] ?? "");
}

export function expectedText(mode: Mode): string {
	return pieces(MODES[mode].tokens).join("");
}

/** How the upstream recognises the mode: what users say is the one thing that every gateway passes on unchanged. */
export function marker(mode: Mode): string {
	return `(${mode})`;
}

/** The body of a request. Usage is asked for, so that a stream has the same events through every relay. */
export function requestBody(mode: Mode): string {
	const { stream } = MODES[mode];
	return JSON.stringify({
		model: MODEL,
		messages: [
			{ role: "system", content: SYSTEM.repeat(2) },
			{ role: "user", content: `${QUESTION} ${marker(mode)}` },
		],
		temperature: 0.2,
		max_completion_tokens: 400,
		stream,
		...(stream ? { stream_options: { include_usage: true } } : {}),
	});
}

function usage(tokens: number): object {
	return {
		prompt_tokens: 212,
		completion_tokens: tokens,
		total_tokens: 212 + tokens,
		prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
		completion_tokens_details: {
			reasoning_tokens: 0,
			audio_tokens: 0,
			accepted_prediction_tokens: 0,
			rejected_prediction_tokens: 0,
		},
	};
}

/** The whole answer, as JSON text. */
export function wholeAnswer(tokens: number): string {
	return JSON.stringify({
		id: ID,
		object: "chat.completion",
		created: CREATED,
		model: MODEL,
		choices: [
			{
				index: 0,
				message: { role: "assistant", content: pieces(tokens).join(""), refusal: null, annotations: [] },
				logprobs: null,
				finish_reason: "stop",
			},
		],
		usage: usage(tokens),
		service_tier: "default",
		system_fingerprint: "fp_0123456789",
	});
}

/** The events of a streamed answer: the one with the role, one per token, and the closing ones as one text. */
export function streamedAnswer(tokens: number): { opening: string; content: string[]; closing: string } {
	const event = (choices: object[], use: object | null = null): string =>
		`data: ${JSON.stringify({
			id: ID,
			object: "chat.completion.chunk",
			created: CREATED,
			model: MODEL,
			service_tier: "default",
			system_fingerprint: "fp_0123456789",
			choices,
			usage: use,
		})}\n\n`;
	const choice = (delta: object, finish_reason: string | null = null): object[] => [
		{ index: 0, delta, logprobs: null, finish_reason },
	];
	return {
		opening: event(choice({ role: "assistant", content: "", refusal: null })),
		content: pieces(tokens).map((content) => event(choice({ content }))),
		closing: `${event(choice({}, "stop"))}${event([], usage(tokens))}data: [DONE]\n\n`,
	};
}
