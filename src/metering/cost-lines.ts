// A charge taken apart line by line, as `costOf` adds it up, for people who check the arithmetic.
import type { Model } from "#catalog/model";
import { AUDIO_UNITS, type AudioUnits } from "#core/audio/units";
import { promptTokens, type Usage } from "#core/chat/usage";
import { IMAGE_UNITS, type ImageUnit } from "#core/images/units";
import { audioFeesOf, costOf, peakFactor, priceAt, TOKEN_KINDS, termsOf, tierFactor } from "./cost";

export const COST_KINDS = [...TOKEN_KINDS, "web_search", ...IMAGE_UNITS, ...AUDIO_UNITS] as const;
type CostKind = (typeof COST_KINDS)[number];

/** One kind of what was used, with its price. */
interface CostLine {
	readonly kind: CostKind;
	/** Tokens, uses of a tool, or units of images or of sound. */
	readonly amount: number;
	/** Pico-dollars for one; of time rounded, since its price is by the minute. */
	readonly price: number;
	/** In nano-dollars, where that is not what amount and price come to: time is rounded up by itself. */
	readonly whole?: number;
	/** What the tariff multiplies it by, in thousandths of thousandths of thousandths. */
	readonly factor: bigint;
}

type Tariff = Pick<Model, "prices" | "rules">;
const WHOLE = 1000n;
const PICO_PER_NANO = 1000;
/** Milliseconds in a minute. */
const MINUTE_MS = 60_000;

/**
 * The lines that come to `charged`, in nano-dollars, when their sum is rounded up. Null where none do: the price was
 * another then, or the charge was not made of what was used. `at` is when the request came, in milliseconds since the
 * epoch; the tier that served it is the one that explains the charge.
 */
export function costLines(usage: Usage, model: Tariff, at: number, charged: number): readonly CostLine[] | null {
	const tiers = [undefined, ...Object.keys(model.rules.tiers ?? {})];
	const tier = tiers.find((name) => costOf(usage, model, at, name) === charged);
	if (tier === undefined && costOf(usage, model, at) !== charged) return null;
	return linesOf(usage, model, at, tier);
}

/** What a line comes to, in USD, exactly. */
export function lineCost({ amount, price, factor, whole }: CostLine): string {
	if (whole !== undefined) return decimal(BigInt(whole), NANO_DECIMALS);
	return decimal(BigInt(amount) * BigInt(price) * factor, PICO_DECIMALS + FACTOR_DECIMALS);
}

/** A factor as people write it. */
export function factorText({ factor }: CostLine): string {
	return decimal(factor, FACTOR_DECIMALS);
}

const NANO_DECIMALS = 9;
const PICO_DECIMALS = 12;
const FACTOR_DECIMALS = 9;

function linesOf(usage: Usage, model: Tariff, at: number, tier: string | undefined): readonly CostLine[] {
	const price = priceAt(model, at);
	if (price === null) return [];
	const long = model.rules.longPrompt;
	const isLong = long !== undefined && promptTokens(usage) > long.above;
	const shared = BigInt(tierFactor(model, tier)) * BigInt(peakFactor(model, at));
	const inputFactor = BigInt(isLong ? long.inputFactor : 1000) * shared;
	const outputFactor = BigInt(isLong ? long.outputFactor : 1000) * shared;
	const use = (kind: CostKind, amount: number, nano: number) => ({
		kind,
		amount,
		price: nano * PICO_PER_NANO,
		factor: WHOLE ** 3n,
	});
	const [input, output] = termsOf(usage, price);
	const ofTokens = (terms: typeof input, factor: bigint): CostLine[] =>
		terms.map(({ kind, tokens, each }) => ({ kind, amount: tokens, price: each, factor }));
	const lines: readonly CostLine[] = [
		...ofTokens(input, inputFactor),
		...ofTokens(output, outputFactor),
		use("web_search", usage.webSearches ?? 0, model.rules.useFees?.web_search ?? 0),
		...IMAGE_UNITS.map((unit: ImageUnit) => use(unit, usage.images?.[unit] ?? 0, model.rules.imageFees?.[unit] ?? 0)),
		...soundLines(usage.audio ?? {}, model),
	];
	return lines
		.filter(({ amount }) => amount > 0)
		.toSorted((a, b) => COST_KINDS.indexOf(a.kind) - COST_KINDS.indexOf(b.kind));
}

function soundLines({ millisecond = 0, character = 0, byte = 0 }: AudioUnits, { rules }: Tariff): readonly CostLine[] {
	const { audioFees = {} } = rules;
	const factor = WHOLE ** 3n;
	const perMs = Math.round(((audioFees.minute ?? 0) * PICO_PER_NANO) / MINUTE_MS);
	return [
		{ kind: "millisecond", amount: millisecond, price: perMs, factor, whole: audioFeesOf({ millisecond }, { rules }) },
		{ kind: "character", amount: character, price: (audioFees.character ?? 0) * PICO_PER_NANO, factor },
		{ kind: "byte", amount: byte, price: (audioFees.byte ?? 0) * PICO_PER_NANO, factor },
	];
}

/** A whole number of units of 10 to the minus `places`, without zeros at its end. */
function decimal(value: bigint, places: number): string {
	const digits = String(value).padStart(places + 1, "0");
	const part = digits.slice(-places).replace(/0+$/, "");
	return `${digits.slice(0, -places)}${part === "" ? "" : `.${part}`}`;
}
