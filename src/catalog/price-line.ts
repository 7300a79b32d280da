/**
 * A model of the price list as one line: its names, then facts, such as
 * `gpt-5.4 gpt-5-4|context=1050000|in=2.5 read=0.25 out=15|long=271999:2:1.5`. The first name is the model's id. Prices
 * are US dollars per million tokens. The script that writes the list reads this file in Node as it is, so it imports
 * nothing.
 */

/** Words of a price and the fields of a written model that they stand for, in the order in which they are written. */
const PRICE_WORDS = [
	["in", "input"],
	["read", "cache_read"],
	["write", "cache_write"],
	["hour", "cache_write_hour"],
	["out", "output"],
] as const;

/** A price as models write it. */
interface LinePrice {
	/** ISO date; absent: always. */
	from?: string;
	input: number;
	cache_read?: number;
	cache_write?: number;
	cache_write_hour?: number;
	output: number;
}

/** What a line says of a model, in the form in which models are written. */
export interface PriceLine {
	id: string;
	/** Other names that its vendor knows it by. */
	names: string[];
	/** In tokens; null where the list does not say. */
	context: number | null;
	/** At least one, the newest last. */
	prices: LinePrice[];
	/** Prompts of more than `above` tokens cost these factors more. */
	long: { above: number; input_factor: number; output_factor: number } | null;
	/** Its vendor has given it up, or said that it will. */
	deprecated: boolean;
}

/** Throws RangeError for a line that is not written so. */
export function readPriceLine(line: string): PriceLine {
	const [head = "", ...facts] = line.split("|");
	const [id = "", ...names] = head.split(" ");
	const read: PriceLine = { id, names, context: null, prices: [], long: null, deprecated: false };
	for (const fact of facts) {
		if (fact === "deprecated") read.deprecated = true;
		else if (fact.startsWith("context=")) read.context = numberIn(fact.slice("context=".length), line);
		else if (fact.startsWith("long=")) {
			const [above, input, output] = fact.slice("long=".length).split(":");
			read.long = {
				above: numberIn(above, line),
				input_factor: numberIn(input, line),
				output_factor: numberIn(output, line),
			};
		} else read.prices.push(readPrice(fact, line));
	}
	if (id === "" || read.prices.length === 0) throw new RangeError(`no line of the price list: ${line}`);
	return read;
}

export function writePriceLine({ id, names, context, prices, long, deprecated }: PriceLine): string {
	return [
		[id, ...names].join(" "),
		...(context === null ? [] : [`context=${context}`]),
		...prices.map(writePrice),
		...(long === null ? [] : [`long=${long.above}:${long.input_factor}:${long.output_factor}`]),
		...(deprecated ? ["deprecated"] : []),
	].join("|");
}

function readPrice(fact: string, line: string): LinePrice {
	const values = new Map(fact.split(" ").map((word) => word.split("=", 2) as [string, string]));
	const price: LinePrice = { input: numberIn(values.get("in"), line), output: numberIn(values.get("out"), line) };
	const from = values.get("from");
	if (from !== undefined) price.from = from;
	for (const [word, field] of PRICE_WORDS) {
		const value = values.get(word);
		if (value !== undefined) price[field] = numberIn(value, line);
	}
	return price;
}

function writePrice(price: LinePrice): string {
	const words = PRICE_WORDS.flatMap(([word, field]) => (price[field] === undefined ? [] : [`${word}=${price[field]}`]));
	return [...(price.from === undefined ? [] : [`from=${price.from}`]), ...words].join(" ");
}

function numberIn(text: string | undefined, line: string): number {
	const value = Number(text);
	if (text === undefined || text === "" || !(value >= 0)) throw new RangeError(`no line of the price list: ${line}`);
	return value;
}
