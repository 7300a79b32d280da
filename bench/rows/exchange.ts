/**
 * What is asked in every measurement, and what an upstream that speaks chat completions answers: whole, or streamed. The
 * upstream, the load generator and the first check of each target share it.
 */
import { agentTurns } from "./agent.ts";
import { MODES, type Mode, modeOf, type Protocol } from "./modes.ts";

/** What every target is asked for, where it does not name its models otherwise. */
export const CHAT_MODEL = "gpt-6-luna";
export const MESSAGES_MODEL = "claude-haiku-5-5";
const ID = "chatcmpl-0123456789abcdefghijklmnop";
const CREATED = 1_790_000_000;
const MAX_OUTPUT_TOKENS = 400;

const SYSTEM =
	"You are the assistant of a small hardware shop. Answer in plain English, in whole sentences, without lists. Name a " +
	"product only if it is in the catalogue that the customer has open. If you do not know something, say so and offer to " +
	"ask a colleague. Never promise a delivery date. Prices include tax and are in euros. ";
const QUESTION =
	"I want to put up three oak shelves, each 90 cm wide and about 14 kg when full, on a plasterboard wall with metal " +
	"studs at 60 cm. Which fixings do I need, how many of them, and what do I have to watch out for when I drill?";

const SENTENCE = "Use two hollow-wall anchors per bracket, and one long screw wherever a bracket meets a stud. ";

/** The text that the upstream answers with, as `tokens` pieces. */
export function pieces(tokens: number): string[] {
	const words = SENTENCE.match(/\S+\s/g) ?? [];
	return Array.from({ length: tokens }, (_, index) => words[index % words.length] ?? "");
}

export function expectedText(mode: Mode): string {
	return pieces(MODES[mode].tokens).join("");
}

const MARKER = "(mode:";
const USAGE_WANTED = /"include_usage":\s?true/;

/** What the upstream has to know of a request: its mode, and whether a stream's usage is wanted by the one who asks. */
export interface Asked {
	readonly mode: Mode;
	readonly usageWanted: boolean;
}

/**
 * Reads a request as the upstream gets it; null for one that was never sent here. What users say is the one thing that
 * every gateway passes on unchanged, so the mode stands there.
 */
export function asked(body: Buffer): Asked | null {
	const start = body.indexOf(MARKER);
	if (start === -1) return null;
	const name = body.toString("latin1", start + MARKER.length, body.indexOf(")", start));
	const options = body.indexOf('"include_usage"');
	return {
		mode: modeOf(name),
		usageWanted: options !== -1 && USAGE_WANTED.test(body.toString("latin1", options, options + 32)),
	};
}

/** The body of a request for `model` in a protocol. */
export function requestBody(mode: Mode, model: string, protocol: Protocol): string {
	const { stream, asksUsage, agentSized } = MODES[mode];
	const turn = { role: "user", content: `${QUESTION} ${MARKER}${mode})` };
	const system = SYSTEM.repeat(2);
	if (protocol === "messages")
		return JSON.stringify({ model, system, messages: [turn], max_tokens: MAX_OUTPUT_TOKENS, stream });
	if (protocol === "responses")
		return JSON.stringify({ model, instructions: system, input: [turn], max_output_tokens: MAX_OUTPUT_TOKENS, stream });
	const { messages, tools } = agentSized ? agentTurns() : { messages: [], tools: null };
	return JSON.stringify({
		model,
		messages: [{ role: "system", content: system }, ...messages, turn],
		// With tools some models reason in the Responses API only, which most of what is measured does not translate to.
		...(tools !== null && { tools, reasoning_effort: "none" }),
		temperature: 0.2,
		max_completion_tokens: MAX_OUTPUT_TOKENS,
		stream,
		...(stream && asksUsage && { stream_options: { include_usage: true } }),
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
		model: CHAT_MODEL,
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

/** The events of a streamed answer: those before the content as one text, one per token, and the closing ones as one. */
export interface Events {
	readonly opening: string;
	readonly content: readonly string[];
	readonly closing: string;
}

/** OpenAI's events; they have usage only where it is wanted. */
export function streamedAnswer(tokens: number, usageWanted: boolean): Events {
	const event = (choices: object[], use: object | null = null): string =>
		`data: ${JSON.stringify({
			id: ID,
			object: "chat.completion.chunk",
			created: CREATED,
			model: CHAT_MODEL,
			service_tier: "default",
			system_fingerprint: "fp_0123456789",
			choices,
			...(usageWanted && { usage: use }),
		})}\n\n`;
	const choice = (delta: object, finish_reason: string | null = null): object[] => [
		{ index: 0, delta, logprobs: null, finish_reason },
	];
	return {
		opening: event(choice({ role: "assistant", content: "", refusal: null })),
		content: pieces(tokens).map((content) => event(choice({ content }))),
		closing: `${event(choice({}, "stop"))}${usageWanted ? event([], usage(tokens)) : ""}data: [DONE]\n\n`,
	};
}
