/** Tells usage that can be true from usage that cannot: figures come from a provider, and money hangs on them. */
import type { Model } from "#catalog/model";
import { AUDIO_UNITS, type AudioUnits } from "#core/audio/units";
import { MAX_TOKENS, promptTokens, type Usage } from "#core/chat/usage";
import { IMAGE_UNITS, type ImageUnits } from "#core/images/units";
import { type BoundCall, beyondLimitOf, mostOutput } from "./bound";
import { inputBound, windowOf } from "./bound-input";
import { promptsBound } from "./bound-prompts";

/**
 * Providers count a little more than a limit lets through, and some keep to it loosely: by which factor, and how many
 * tokens, an output may pass its limit.
 */
const LIMIT_FACTOR = 2;
const BEYOND_LIMIT = 1_024;

/**
 * Whether a call can have used that much: a prompt that fits into the model's context, and for each choice an output
 * that does too and is no more than twice the limit that was sent, plus 1,024 tokens, reasoning included. Where no
 * limit was sent, the model's own counts. Searches of the web as many as were allowed, and with them as many prompts;
 * sound, where it has a price of its own, only of a request that may hold some.
 */
export function isPlausible(usage: Usage, call: BoundCall, model: Model): boolean {
	const { readings = 1 } = call;
	const prompt = promptTokens(usage) / readings;
	if (prompt * readings >= MAX_TOKENS || usage.output >= MAX_TOKENS) return false;
	if (usage.images !== undefined && !isWithin(usage.images, call.images?.units ?? {})) return false;
	if (usage.audio !== undefined && !isHeardWithin(usage.audio, call.audio?.units ?? {})) return false;
	if ((usage.webSearches ?? 0) > (call.searches?.uses ?? 0)) return false;
	if (
		usage.audioInput > 0 &&
		hasSoundPrice(model) &&
		call.audio === undefined &&
		!inputBound(call.body, model, undefined, call.source, call.hidesMedia).sounds
	)
		return false;
	const window = windowOf(model);
	const contexts = call.searches?.contexts ?? 1;
	const { images, audio } = call;
	if (images !== undefined && usage.imageOutput > LIMIT_FACTOR * images.tokens * (call.request.n ?? 1)) return false;
	const drawn = images && images.tokens + (images.text ?? 0);
	const limit = (audio?.outputTokens ?? drawn ?? call.outputLimit ?? mostOutput(model)) + beyondLimitOf(call);
	const perChoice = Math.min(window, LIMIT_FACTOR * limit + BEYOND_LIMIT);
	if (usage.output > perChoice * (call.request.n ?? 1)) return false;
	const unwritten = (audio?.inputTokens ?? 0) + (images?.inputTokens ?? 0);
	if (call.prompts !== undefined) return prompt <= promptsBound(call.prompts, call.promptOverhead) + unwritten;
	// A window that is only supposed bounds no prompt that was longer.
	if (prompt <= window * contexts) return true;
	return (
		model.context === null &&
		prompt <= inputBound(call.body, model, call.searches?.contexts, call.source, call.hidesMedia).tokens
	);
}

function isWithin(units: ImageUnits, most: ImageUnits): boolean {
	return IMAGE_UNITS.every((unit) => (units[unit] ?? 0) <= (most[unit] ?? 0));
}

function isHeardWithin(units: AudioUnits, most: AudioUnits): boolean {
	return AUDIO_UNITS.every((unit) => (units[unit] ?? 0) <= (most[unit] ?? 0));
}

function hasSoundPrice({ prices }: Model): boolean {
	return prices.some(({ price }) => price.audioInput !== undefined);
}
