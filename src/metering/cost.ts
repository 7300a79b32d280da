// What usage costs, by the price in force: exact, rounded up once.
import type { Model, Price } from "#catalog/model";
import type { AudioUnits } from "#core/audio/units";
import { promptTokens, type Usage } from "#core/chat/usage";
import { IMAGE_UNITS, type ImageUnits } from "#core/images/units";
import { type NanoUsd, nanoUsd } from "./money";

/**
 * The price of `model` at a moment, in pico-dollars per token; null when it is not known. `at` is milliseconds since
 * the epoch.
 */
export function priceAt(model: Pick<Model, "prices">, at: number): Price | null {
	return model.prices.findLast((entry) => entry.from <= at)?.price ?? null;
}

/**
 * What `usage` costs, rounded up once to a whole nano-dollar; null when the model's price is not known.
 * `at` is when the request was admitted, in milliseconds since the epoch; `serviceTier` is the tier that served it.
 * All factors are in thousandths, so the sum is exact in integers until the one rounding. Large integers are slow and
 * seldom needed.
 */
export function costOf(
	usage: Usage,
	model: Pick<Model, "prices" | "rules">,
	at: number,
	serviceTier?: string,
): NanoUsd | null {
	const price = priceAt(model, at);
	if (price === null) return null;
	const long = model.rules.longPrompt;
	const isLong = long !== undefined && promptTokens(usage) > long.above;
	const tier = tierFactor(model, serviceTier);
	const peak = peakFactor(model, at);
	const [input, output] = termsOf(usage, price);
	if (!isLong && tier === 1000 && peak === 1000) {
		let pico = 0;
		for (const { tokens, each } of input) pico += tokens * each;
		for (const { tokens, each } of output) pico += tokens * each;
		// Only then is every term exact, and their sum.
		if (pico <= Number.MAX_SAFE_INTEGER)
			return nanoUsd((pico - (pico % 1000)) / 1000 + (pico % 1000 > 0 ? 1 : 0) + feesOf(usage, model));
	}
	const tiered =
		(sumOf(input) * BigInt(isLong ? long.inputFactor : 1000) +
			sumOf(output) * BigInt(isLong ? long.outputFactor : 1000)) *
		BigInt(tier) *
		BigInt(peak);
	return nanoUsd(Number((tiered + SCALE - 1n) / SCALE) + feesOf(usage, model));
}

/** Tokens of one kind and what each of them costs, in pico-dollars. */
interface Term {
	readonly kind: TokenKind;
	readonly tokens: number;
	readonly each: number;
}

export const TOKEN_KINDS = [
	"input",
	"audio_input",
	"image_input",
	"cache_read",
	"cache_write",
	"cache_write_hour",
	"output",
	"audio_output",
	"image_output",
] as const;
type TokenKind = (typeof TOKEN_KINDS)[number];

/**
 * What is billed of a usage: of its input and of its output. What came from a cache is not told by kind, so sound and
 * pictures count as what did not, as far as they can.
 */
export function termsOf(usage: Usage, price: Price): readonly [input: readonly Term[], output: readonly Term[]] {
	const { audioInput: soundPrice, imageInput: seenPrice, imageOutput: drawnPrice } = price;
	const { audioOutput: spokenPrice } = price;
	let { uncachedInput: fresh, cacheRead: cached } = usage;
	const input: Term[] = [
		{ kind: "cache_write", tokens: usage.cacheWrite, each: price.cacheWrite },
		{ kind: "cache_write_hour", tokens: usage.cacheWriteHour, each: price.cacheWriteHour },
	];
	const takeOut = (kind: TokenKind, tokens: number, each: number) => {
		const ofFresh = Math.min(tokens, fresh);
		const ofCached = Math.min(tokens - ofFresh, cached);
		fresh -= ofFresh;
		cached -= ofCached;
		input.push({ kind, tokens: ofFresh + ofCached, each });
	};
	if (soundPrice !== undefined) takeOut("audio_input", usage.audioInput, soundPrice);
	if (seenPrice !== undefined) takeOut("image_input", usage.imageInput, seenPrice);
	input.push(
		{ kind: "input", tokens: fresh, each: price.input },
		{ kind: "cache_read", tokens: cached, each: price.cacheRead },
	);
	const drawn = drawnPrice === undefined ? 0 : Math.min(usage.imageOutput, usage.output);
	const spoken = spokenPrice === undefined ? 0 : Math.min(usage.audioOutput, usage.output - drawn);
	return [
		input,
		[
			{ kind: "output", tokens: usage.output - drawn - spoken, each: price.output },
			{ kind: "audio_output", tokens: spoken, each: spokenPrice ?? 0 },
			{ kind: "image_output", tokens: drawn, each: drawnPrice ?? 0 },
		],
	];
}

function sumOf(terms: readonly Term[]): bigint {
	return terms.reduce((sum, { tokens, each }) => sum + BigInt(tokens) * BigInt(each), 0n);
}

/**
 * What a vendor's cache saved of the cost of `usage`, in nano-dollars: negative where writing to it cost more than
 * reading from it saved. Undefined where nothing came from it or went into it, or the model's price is not known.
 */
export function cacheDiscountOf(
	usage: Usage,
	model: Pick<Model, "prices" | "rules">,
	at: number,
	serviceTier?: string,
): number | undefined {
	const { uncachedInput, cacheRead, cacheWrite, cacheWriteHour } = usage;
	if (cacheRead + cacheWrite + cacheWriteHour === 0) return undefined;
	const whole = uncachedInput + cacheRead + cacheWrite + cacheWriteHour;
	const uncached = { ...usage, uncachedInput: whole, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0 };
	const [without, cost] = [costOf(uncached, model, at, serviceTier), costOf(usage, model, at, serviceTier)];
	return without === null || cost === null ? undefined : without - cost;
}

/** What uses of tools, images and sound cost beside the tokens, in nano-dollars. */
function feesOf({ webSearches = 0, images, audio }: Usage, { rules }: Pick<Model, "rules">): number {
	return (
		webSearches * (rules.useFees?.web_search ?? 0) +
		(images === undefined ? 0 : imageFeesOf(images, { rules })) +
		(audio === undefined ? 0 : audioFeesOf(audio, { rules }))
	);
}

/** What sound costs beside the tokens, in nano-dollars; what is billed by time is rounded up. */
export function audioFeesOf(
	{ millisecond = 0, character = 0, byte = 0 }: AudioUnits,
	{ rules: { audioFees = {} } }: Pick<Model, "rules">,
): number {
	const { minute = 0, character: ofCharacter = 0, byte: ofByte = 0 } = audioFees;
	const time = (BigInt(millisecond) * BigInt(minute) + MINUTE_MS - 1n) / MINUTE_MS;
	return Number(time) + character * ofCharacter + byte * ofByte;
}

/** Milliseconds in a minute. */
const MINUTE_MS = 60_000n;

/** What images cost beside the tokens, in nano-dollars. */
export function imageFeesOf(units: ImageUnits, { rules }: Pick<Model, "rules">): number {
	return IMAGE_UNITS.reduce((sum, unit) => sum + (units[unit] ?? 0) * (rules.imageFees?.[unit] ?? 0), 0);
}

/** Pico-dollars times three factors in thousandths, as prices are summed up, in one nano-dollar. */
export const SCALE = 1000n * 1000n ** 3n;

/** The tier's name comes from an upstream, so only a name that the tariff itself holds counts. */
export function tierFactor(model: Pick<Model, "rules">, serviceTier = ""): number {
	const tiers = model.rules.tiers ?? {};
	return (Object.hasOwn(tiers, serviceTier) ? tiers[serviceTier] : undefined) ?? 1000;
}

/** The surcharge of a moment, in thousandths; the same for a whole hour, in UTC. */
export function peakFactor(model: Pick<Model, "rules">, at: number): number {
	const peak = model.rules.peak;
	if (peak === undefined) return 1000;
	const time = new Date(at);
	const hour = time.getUTCHours();
	const isPeak = peak.weekdays.includes(time.getUTCDay()) && peak.hours.some(([from, to]) => hour >= from && hour < to);
	return isPeak ? peak.factor : 1000;
}
