/** Writes images as OpenAI does. */

import { promptTokens, type Usage } from "#core/chat/usage";
import type { Image, Images } from "#core/images/images";
import type { AnswerHead } from "#faces/face";
import { type NanoUsd, usdNumber } from "#metering/money";

/** Milliseconds in a second. */
const SECOND = 1000;

export function renderImages(
	head: AnswerHead,
	{ images, made }: Images,
	usage: Usage,
	cost: NanoUsd | null,
): Record<string, unknown> {
	return {
		created: createdAt(head),
		model: head.model,
		...made,
		data: images.map(written),
		usage: writtenUsage(usage, cost),
	};
}

/** In seconds since the epoch. */
export function createdAt({ receivedAt }: AnswerHead): number {
	return Math.floor(receivedAt / SECOND);
}

export function writtenUsage(usage: Usage, cost: NanoUsd | null): Record<string, unknown> {
	const input = promptTokens(usage);
	return {
		input_tokens: input,
		input_tokens_details: { text_tokens: input - usage.imageInput, image_tokens: usage.imageInput },
		output_tokens: usage.output,
		total_tokens: input + usage.output,
		...(usage.images !== undefined && { billed_units: usage.images }),
		cost: cost === null ? null : usdNumber(cost),
		...(usage.source === "estimated" && { estimated: true }),
	};
}

export function written({ form, data, revisedPrompt }: Image): Record<string, string> {
	return { [form]: data, ...(revisedPrompt !== undefined && { revised_prompt: revisedPrompt }) };
}
