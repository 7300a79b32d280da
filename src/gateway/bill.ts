import type { Completion } from "../core/chat";
import { estimatedUsage, type Usage } from "../core/usage";
import { costOf } from "../metering/cost";
import { estimatePrompt, estimateTokens } from "../metering/estimate";
import type { NanoUsd } from "../metering/money";
import type { Order } from "./order";

/** What was used and what it costs; `cost` is null when the model's price is not known. */
export interface Bill {
	readonly usage: Usage;
	readonly cost: NanoUsd | null;
}

/** The bill by the provider's figures, else by an estimate from the request and the text that came. */
export function billOf(
	{ request, model, receivedAt }: Order,
	reported: Usage | null,
	text: () => string,
	tier?: string,
): Bill {
	const usage = reported ?? estimatedUsage(estimatePrompt(request), estimateTokens(text()));
	return { usage, cost: costOf(usage, model, receivedAt, tier) };
}

/** All that a model wrote in an answer, for an estimate of its tokens. */
export function completionText({ choices }: Completion): string {
	return choices
		.map(({ message }) => deltaText({ ...message, content: message.content ?? "", refusal: message.refusal ?? "" }))
		.join("");
}

/** The same for one delta or message. */
export function deltaText(delta: {
	content?: string;
	refusal?: string;
	reasoning_content?: string;
	tool_calls?: readonly { function?: { name?: string; arguments?: string }; custom?: { input?: string } }[];
}): string {
	let text = (delta.reasoning_content ?? "") + (delta.content ?? "") + (delta.refusal ?? "");
	for (const call of delta.tool_calls ?? []) {
		text += (call.function?.name ?? "") + (call.function?.arguments ?? "") + (call.custom?.input ?? "");
	}
	return text;
}
