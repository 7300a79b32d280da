/** Writes a moderation as OpenAI does, with what it cost beside. */
import { promptTokens, type Usage } from "#core/chat/usage";
import type { Moderation } from "#core/moderation/moderation";
import type { AnswerHead } from "#faces/face";
import { type NanoUsd, usdNumber } from "#metering/money";

export function renderModeration(
	{ requestId, model }: AnswerHead,
	{ results, model: ran }: Moderation,
	usage: Usage,
	cost: NanoUsd | null,
): Record<string, unknown> {
	const tokens = promptTokens(usage);
	return {
		id: `modr-${requestId}`,
		model: ran ?? model,
		results,
		usage: {
			prompt_tokens: tokens,
			...(usage.output > 0 && { completion_tokens: usage.output }),
			total_tokens: tokens + usage.output,
			cost: cost === null ? null : usdNumber(cost),
			...(usage.source === "estimated" && { estimated: true }),
		},
	};
}
