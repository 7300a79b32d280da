// The most that an attempt can cost: what is held before it is sent.
import type { Model, Price } from "#catalog/model";
import type { AudioAllowance } from "#core/audio/units";
import { MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import type { SearchAllowance } from "#core/chat/searches";
import type { ImageAllowance } from "#core/images/units";
import { MAX_REQUEST_MS, MIN_OUTPUT_TOKENS } from "#core/request-limits";
import type { JsonObject } from "#lib/json";
import type { JsonSource } from "#lib/json-source";
import { greatestOf } from "#lib/list";
import { inputBound, jsonStringBytes, windowOf } from "./bound-input";
import { promptsBound } from "./bound-prompts";
import { audioFeesOf, imageFeesOf, peakFactor, priceAt, SCALE } from "./cost";
import { type NanoUsd, nanoUsd } from "./money";

/** Stands for all amounts that no budget can hold. */
const BEYOND_ALL_BUDGETS = nanoUsd(MAX_LIMIT_NANO_USD + 1);

/** A call as it goes to its upstream. */
export interface BoundCall {
	/** `n`: how many answers are wanted; one without it. */
	readonly request: { readonly n?: number };
	readonly body: JsonObject;
	/** The caller's own body, of which unchanged parts go out as they came. */
	readonly source?: JsonSource;
	/** Output tokens per choice that the upstream is told, reasoning included; null when it is told none. */
	readonly outputLimit: number | null;
	/** Output tokens per choice that it may bill beyond that. */
	readonly beyondLimit?: number;
	/** The searches of the web that its vendor may make; absent for none. */
	readonly searches?: SearchAllowance;
	/** Something in it may come to more tokens than its text has bytes: it may fill the model's context. */
	readonly hidesMedia?: boolean;
	/** What it is charged beside its tokens, in nano-dollars. */
	readonly fee?: number;
	/** Its prompts, where its model reads them apart; absent where all of the body is one prompt. */
	readonly prompts?: readonly (string | readonly number[])[];
	/** Tokens that its vendor puts around each of the prompts at most; absent for the few that are usual. */
	readonly promptOverhead?: number;
	/** How often its vendor reads the prompt, in several calls; absent for once. */
	readonly readings?: number;
	/** What the images come to that it makes, each whole or not at all; absent for none. */
	readonly images?: ImageAllowance;
	/** What the sound comes to that goes in or out; absent for none, and where its body holds it. */
	readonly audio?: AudioAllowance;
}

/** What a call uses and costs at most. */
export interface Most {
	readonly inputTokens: number;
	/** Of all choices, reasoning included. */
	readonly outputTokens: number;
	readonly amount: NanoUsd;
}

/** The most that an attempt can use and cost. */
export interface Bound extends Most {
	/**
	 * The same with an answer cut at `MIN_OUTPUT_TOKENS`, or at the limit if that is lower: the least hold worth asking
	 * for.
	 */
	readonly leastAmount: NanoUsd;
}

/**
 * The most that `call` can cost, at the dearest prices that it can come to; null when the model's price is not known.
 * `at` is the moment that decides the bill, in milliseconds since the epoch. An amount beyond every possible budget is
 * given as one nano-dollar more than the largest.
 *
 * What it does not bound, because nothing in a request does: a text whose tokenizer first makes it longer, such as a
 * vendor that expands ligatures. That is an overrun, and booked as one.
 */
export function boundOf(call: BoundCall, model: Model, at: number): Bound | null {
	const tariff = dearest(call, model, at);
	if (tariff === null) return null;
	const limit = limitOf(call, model);
	const least = isUncut(call) ? limit : Math.min(limit, MIN_OUTPUT_TOKENS);
	return {
		inputTokens: tariff.inputTokens,
		outputTokens: outputOf(tariff, limit),
		amount: amountOf(tariff, outputOf(tariff, limit)),
		leastAmount: amountOf(tariff, outputOf(tariff, least)),
	};
}

/**
 * The most that `call` can have cost when its choices came to `written` tokens together at most, which no prediction is
 * part of: what was not met of one is billed beside it. Images are written whole. Else as `boundOf`.
 */
export function boundOfWritten(call: BoundCall, written: number, model: Model, at: number): Most | null {
	const tariff = dearest(call, model, at);
	if (tariff === null) return null;
	const unmet = predictionBound(call.body) * tariff.choices;
	const most = outputOf(tariff, limitOf(call, model));
	const outputTokens = isWhole(call) ? most : Math.min(written + unmet, most);
	return { inputTokens: tariff.inputTokens, outputTokens, amount: amountOf(tariff, outputTokens) };
}

/**
 * The largest output limit, in tokens per choice, with which `call` costs at most `amount`, and no more than the model
 * can give; 0 when not even one token fits or the price is not known. The call's own limit does not matter.
 */
export function outputFor(amount: NanoUsd, call: BoundCall, model: Model, at: number): number {
	const tariff = dearest(call, model, at);
	if (tariff === null || amountOf(tariff, outputOf(tariff, 1)) > amount) return 0;
	const most = mostOutput(model);
	const perToken = BigInt(tariff.choices) * tariff.output;
	if (perToken === 0n) return most;
	const room = (BigInt(amount) * SCALE - BigInt(tariff.inputTokens) * tariff.input - tariff.fees) / perToken;
	return Math.max(0, Math.min(Number(room) - tariff.beyond, most));
}

/** No limit that is told makes its answer shorter. */
function isUncut({ images, audio }: BoundCall): boolean {
	return images !== undefined || audio !== undefined;
}

/** Nothing that was received of its answer says how many tokens it is. */
function isWhole({ images, audio }: BoundCall): boolean {
	return images !== undefined || audio?.speaks === true;
}

/** What a call costs at most, per token in pico-dollars times `SCALE` over a thousand, all factors included. */
interface Tariff {
	readonly inputTokens: number;
	readonly choices: number;
	readonly beyond: number;
	readonly input: bigint;
	readonly output: bigint;
	/** Of all uses of tools, and what images cost beyond text, in nano-dollars times `SCALE`. */
	readonly fees: bigint;
}

/** Output tokens of all choices when each keeps to `limit`. */
function outputOf({ choices, beyond }: Tariff, limit: number): number {
	return (limit + beyond) * choices;
}

/** `outputTokens` of all choices. */
function amountOf({ inputTokens, input, output, fees }: Tariff, outputTokens: number): NanoUsd {
	const scaled = BigInt(inputTokens) * input + BigInt(outputTokens) * output + fees;
	const amount = (scaled + SCALE - 1n) / SCALE;
	return amount > MAX_LIMIT_NANO_USD ? BEYOND_ALL_BUDGETS : nanoUsd(Number(amount));
}

/** The most output tokens that `call` can use, of all choices, reasoning included. */
export function outputBound(call: BoundCall, model: Model): number {
	return (limitOf(call, model) + beyondLimitOf(call)) * (call.request.n ?? 1);
}

/** Output tokens per choice that the upstream keeps to. */
function limitOf({ outputLimit, images, audio }: BoundCall, model: Model): number {
	if (audio !== undefined) return audio.outputTokens;
	if (images !== undefined) return images.tokens + (images.text ?? 0);
	const most = mostOutput(model);
	return Math.min(outputLimit ?? most, most);
}

/** Output tokens per choice that may be billed beyond the limit. */
export function beyondLimitOf({ body, beyondLimit = 0 }: BoundCall): number {
	return beyondLimit + predictionBound(body);
}

/** A prediction that was not met is billed as output, of each choice. */
function predictionBound({ prediction }: JsonObject): number {
	return prediction === undefined ? 0 : jsonStringBytes(JSON.stringify(prediction));
}

/** Output tokens per choice when no limit is told. */
export function mostOutput(model: Model): number {
	return model.maxOutput ?? windowOf(model);
}

function dearest(call: BoundCall, model: Model, at: number): Tariff | null {
	const {
		request,
		body,
		source,
		searches,
		prompts,
		promptOverhead,
		readings = 1,
		images,
		audio,
		hidesMedia,
		fee = 0,
	} = call;
	const price = dearestPrice(model, at);
	if (price === null) return null;
	const prompt =
		prompts === undefined
			? inputBound(body, model, searches?.contexts, source, hidesMedia)
			: {
					tokens: promptsBound(prompts, promptOverhead) + (audio?.inputTokens ?? 0) + (images?.inputTokens ?? 0),
					keepsLong: false,
					sounds: (audio?.inputTokens ?? 0) > 0,
				};
	const inputTokens = prompt.tokens * readings;
	const { longPrompt: long, useFees } = model.rules;
	const choices = request.n ?? 1;
	const imageFees = images === undefined ? 0 : imageFeesOf(images.units, model);
	const audioFees = audio === undefined ? 0 : audioFeesOf(audio.units, model);
	const isLong = long !== undefined && inputTokens > long.above;
	const factor =
		BigInt(dearestTier(model, body)) * BigInt(Math.max(peakFactor(model, at), peakFactor(model, at + MAX_REQUEST_MS)));
	// Vendors write to their caches on their own, so that price counts always; the longer time only if the request sets
	// it.
	const input = Math.max(
		price.input,
		price.cacheRead,
		price.cacheWrite,
		prompt.keepsLong ? price.cacheWriteHour : 0,
		prompt.sounds ? (price.audioInput ?? 0) : 0,
		price.imageInput ?? 0,
	);
	const outputFactor = BigInt(isLong ? Math.max(1000, long.outputFactor) : 1000) * factor;
	const spoken = Math.max(price.output, price.audioOutput ?? 0);
	const drawn = Math.max(spoken, price.imageOutput ?? 0);
	// Of images it is known how many tokens are theirs; any other answer may be pictures or sound throughout.
	const premium = images === undefined ? 0 : choices * images.tokens * (drawn - price.output);
	return {
		inputTokens,
		choices,
		beyond: beyondLimitOf(call),
		input: BigInt(input) * BigInt(isLong ? Math.max(1000, long.inputFactor) : 1000) * factor,
		output: BigInt(images === undefined ? drawn : price.output) * outputFactor,
		fees:
			(BigInt(searches?.uses ?? 0) * BigInt(useFees?.web_search ?? 0) + BigInt(fee + imageFees + audioFees)) * SCALE +
			BigInt(premium) * outputFactor,
	};
}

/** Each price at its highest during an attempt; null when none is known now. */
function dearestPrice(model: Model, at: number): Price | null {
	const now = priceAt(model, at);
	if (now === null) return null;
	let most = now;
	for (const { from, price } of model.prices) {
		if (from <= at || from > at + MAX_REQUEST_MS) continue;
		most = {
			input: Math.max(most.input, price.input),
			cacheRead: Math.max(most.cacheRead, price.cacheRead),
			cacheWrite: Math.max(most.cacheWrite, price.cacheWrite),
			cacheWriteHour: Math.max(most.cacheWriteHour, price.cacheWriteHour),
			output: Math.max(most.output, price.output),
			audioInput: Math.max(most.audioInput ?? most.input, price.audioInput ?? price.input),
			audioOutput: Math.max(most.audioOutput ?? most.output, price.audioOutput ?? price.output),
			imageInput: Math.max(most.imageInput ?? most.input, price.imageInput ?? price.input),
			imageOutput: Math.max(most.imageOutput ?? most.output, price.imageOutput ?? price.output),
		};
	}
	return most;
}

/** Tiers that are served at the base price. */
const BASE_TIERS: readonly unknown[] = ["default", "standard", "standard_only"];

/**
 * The factor of the dearest tier that may serve the request, in thousandths. A tier may be refused and the base price
 * charged instead. "auto", or nothing, leaves the choice to the vendor's account settings, which may say "priority"; a
 * tier that the tariff does not know may turn out to be any.
 */
function dearestTier(model: Model, body: JsonObject): number {
	const { tiers } = model.rules;
	if (tiers === undefined) return 1000;
	const tier = body.service_tier ?? body.serviceTier ?? "auto";
	if (BASE_TIERS.includes(tier)) return 1000;
	if (tier === "auto") return Math.max(1000, tiers.priority ?? 0);
	if (typeof tier !== "string" || !Object.hasOwn(tiers, tier)) return Math.max(1000, greatestOf(Object.values(tiers)));
	// Vendors answer "priority" for "fast".
	return Math.max(1000, tiers[tier] ?? 0, tier === "fast" ? (tiers.priority ?? 0) : 0);
}
