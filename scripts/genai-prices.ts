// Makes lines of the price list of what `@pydantic/genai-prices` says of a vendor.
import type { ModelInfo, ModelPrice, Provider } from "@pydantic/genai-prices";
import { searchesUnasked } from "#catalog/model-names";
import type { PriceLine } from "../src/catalog/price-line.ts";

type LinePrice = PriceLine["prices"][number];

/** What was taken of one vendor's models, and why the others were not. */
export interface Taken {
	readonly lines: PriceLine[];
	/** By reason, the ids. */
	readonly left: Map<string, string[]>;
	/** Ids of which a price is the dearest of several, since the price list cannot tell them apart. */
	readonly dearest: string[];
}

type Match = ModelInfo["match"];
type Price = ModelPrice[string];

/** Names of models that do not chat: what they are asked and what they answer is not a conversation. */
const NO_CHAT = new RegExp(
	[
		"embed|rerank|bge-|moderation|tts|transcribe|whisper|realtime|-live|native-audio|speech|voice-|ocr",
		"m2m100|indictrans|distilbert|imagen|veo-|lyria|^gpt-[\\w.-]*image|gpt-3\\.5-turbo-instruct",
		"^(?:text-)?(?:ada|babbage|curie|davinci)",
	].join("|"),
	"i",
);
/** Figures that hang on what a caller asks for beside the chat, such as a search. */
const EXTRAS = /^(?:web_searches|storage_searches)_/;
const INPUT = /^input(?:_\w+)?_mtok$/;
const OUTPUT = /^output(?:_\w+)?_mtok$/;
/** Cheaper than the text's or the same, so the text's price covers them. */
const COVERED = /^cache_(?:audio|image|video)_read_mtok$/;

/** `isOwn` tells the ids that the vendor itself serves from others that the data has under its name. */
export function take(provider: Provider, isOwn: (id: string) => boolean): Taken {
	const taken: Taken = { lines: [], left: new Map(), dearest: [] };
	const leave = (why: string, id: string) => taken.left.set(why, [...(taken.left.get(why) ?? []), id]);
	const ids = new Set(provider.models.map(({ id }) => id.toLowerCase()));
	const met = new Set<string>();
	for (const model of provider.models.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
		const { id } = model;
		if (!isOwn(id) || /\s|\|/.test(id)) leave("not an id of this vendor", id);
		else if (/(?:Imported from|Seen on) OpenRouter/i.test(model.price_comments ?? ""))
			leave("taken from OpenRouter", id);
		else if (NO_CHAT.test(id)) leave("does not chat", id);
		else if (searchesUnasked(id)) leave("bills searches beside its tokens", id);
		else {
			const prices = pricesOf(model, () => taken.dearest.push(id));
			if (typeof prices === "string") leave(prices, id);
			else {
				if (met.has(id.toLowerCase())) continue;
				const names = [
					id,
					...namesOf(model).filter((name) => isOwn(name) && !ids.has(name.toLowerCase()) && !isOther(name, id)),
				].filter((name) => {
					const isNew = !met.has(name.toLowerCase());
					met.add(name.toLowerCase());
					return isNew;
				});
				taken.lines.push({
					id,
					names: names.slice(1),
					context: model.context_window ?? null,
					prices: prices.prices.map((price) => withWrites(id, price)),
					long: prices.long,
					deprecated: model.deprecated ?? false,
				});
			}
		}
	}
	return taken;
}

/** Whether a name among a model's own is that of another, which costs more: it searches, hears or draws. */
function isOther(name: string, id: string): boolean {
	return searchesUnasked(name) || (MEDIA.test(name) && !MEDIA.test(id));
}

/**
 * What the data leaves open of writing to a cache: an hour's keeping costs twice the input at all who host a Claude
 * model, and a write that costs less than the input is the cache's rent, which comes on top of it.
 */
function withWrites(id: string, price: LinePrice): LinePrice {
	const { input, cache_write: write, cache_write_hour: hour } = price;
	if (write === undefined) return price;
	if (write < input) return { ...price, cache_write: exact(input + write) };
	return /claude/.test(id) && hour === undefined ? { ...price, cache_write_hour: exact(2 * input) } : price;
}

/** Every name in full that a model goes by; what only looks like one, such as a beginning or a pattern, is none. */
function namesOf({ id, match }: ModelInfo): string[] {
	const names = new Set<string>();
	const look = (rule: Match): void => {
		if ("or" in rule) for (const each of rule.or) look(each);
		else if ("equals" in rule) names.add(rule.equals);
		else if ("ends_with" in rule) names.add(rule.ends_with);
		// A beginning stands for the name with any date behind it.
		else if ("starts_with" in rule) names.add(stem(rule.starts_with));
		else if ("contains" in rule) names.add(stem(rule.contains));
	};
	look(match);
	names.delete(id);
	return [...names].filter((name) => name.length > 2 && !/\s|\||-20\d{0,2}$/.test(name)).toSorted();
}

function stem(beginning: string): string {
	return beginning.replace(/[-@:.]+$/, "");
}

/** Null for `long` where no factor tells it exactly; a reason where the price list cannot say what the model costs. */
function pricesOf(model: ModelInfo, note: () => void): Pick<PriceLine, "prices" | "long"> | string {
	const entries = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }];
	const always: ModelPrice[] = [];
	const dated: [string, ModelPrice][] = [];
	const byHour: ModelPrice[] = [];
	for (const { constraint, prices } of entries) {
		if (constraint === undefined) always.push(prices);
		else if (constraint.type === "start_date") dated.push([constraint.start_date, prices]);
		else byHour.push(prices);
	}
	if (byHour.length > 0) {
		// The price by the hour goes on top of every other: the dearest of all of them.
		note();
		const all = [...always, ...dated.map(([, prices]) => prices), ...byHour].map((prices) => plain(model.id, prices));
		const unsaid = all.find((price) => typeof price === "string");
		if (unsaid !== undefined) return unsaid as string;
		return { prices: [greatest(all as Figures[])], long: null };
	}
	const read: Figures[] = [];
	for (const [from, prices] of [...always.map((each) => [undefined, each] as const), ...dated]) {
		const figures = plain(model.id, prices);
		if (typeof figures === "string") return figures;
		read.push({ ...figures, ...(from !== undefined && { from }) });
	}
	if (read.some(({ isDearest }) => isDearest)) note();
	const longs = new Set(read.map(({ long }) => JSON.stringify(long)));
	if (longs.size === 1) return { prices: read.map(bare), long: read[0]?.long ?? null };
	note();
	return { prices: read.map(withLong), long: null };
}

interface Figures extends LinePrice {
	long: PriceLine["long"];
	isDearest: boolean;
}

/** Models that hear or draw, and are billed for that by prices of its own. */
const MEDIA = /audio|image|voxtral/i;
const MEDIA_PRICE = /^(?:input|output)_(?:audio|image)_mtok$/;

function plain(id: string, prices: ModelPrice): Figures | string {
	const given = Object.entries(prices).filter(
		(entry): entry is [string, NonNullable<Price>] => entry[1] !== undefined && !EXTRAS.test(entry[0]),
	);
	if (given.length === 0) {
		return id.endsWith(":free") ? { input: 0, output: 0, long: null, isDearest: false } : "no price that says so";
	}
	if (MEDIA.test(id) && !given.some(([key]) => MEDIA_PRICE.test(key)))
		return "does not say what sound or pictures cost";
	const known = /^(?:input|output|cache_read|cache_write|cache_write_1h)_mtok$/;
	const strange = given.find(([key]) => ![known, INPUT, OUTPUT, COVERED].some((pattern) => pattern.test(key)));
	if (strange !== undefined) return `also charged by ${strange[0]}`;
	const most = (pattern: RegExp) =>
		given.filter(([key]) => pattern.test(key)).reduce<Price>((best, [, price]) => dearer(best, price), undefined);
	const one = (key: string) => given.find(([each]) => each === key)?.[1];
	const input = most(INPUT);
	const output = most(OUTPUT);
	if (input === undefined || output === undefined) return "does not chat";
	const parts = {
		input,
		cache_read: one("cache_read_mtok"),
		cache_write: one("cache_write_mtok"),
		cache_write_hour: one("cache_write_1h_mtok"),
		output,
	};
	return tiered(parts, input !== one("input_mtok") || output !== one("output_mtok"));
}

function dearer(a: Price, b: Price): Price {
	return a === undefined || (b !== undefined && top(b) > top(a)) ? b : a;
}

function base(price: NonNullable<Price>): number {
	return typeof price === "number" ? price : price.base;
}

function top(price: NonNullable<Price>): number {
	return typeof price === "number" ? price : Math.max(price.base, ...price.tiers.map((tier) => tier.price));
}

/** One more tier for long prompts is a factor where all input prices rise by the same; else the dearest tier counts. */
function tiered(parts: Record<Exclude<keyof LinePrice, "from">, Price>, isDearest: boolean): Figures {
	const given = Object.entries(parts).filter(
		(entry): entry is [keyof typeof parts, NonNullable<Price>] => entry[1] !== undefined,
	);
	const starts = new Set(
		given.flatMap(([, price]) => (typeof price === "number" ? [-1] : price.tiers.map(({ start }) => start))),
	);
	const factor = (price: NonNullable<Price>) => top(price) / base(price);
	const input = factor(parts.input ?? 0);
	const output = factor(parts.output ?? 0);
	const figures = (of: (price: NonNullable<Price>) => number) =>
		Object.fromEntries(given.map(([field, price]) => [field, exact(of(price))])) as unknown as LinePrice;
	const [above = -1] = starts;
	if (above === -1 && starts.size === 1) return { ...figures(base), long: null, isDearest };
	const isFactor =
		starts.size === 1 &&
		given.every(([field, price]) => close(factor(price), field === "output" ? output : input)) &&
		[input, output].every((each) => close(each, thousandths(each)));
	if (!isFactor) return { ...figures(top), long: null, isDearest: true };
	return {
		...figures(base),
		long: { above, input_factor: thousandths(input), output_factor: thousandths(output) },
		isDearest,
	};
}

function close(a: number, b: number): boolean {
	return Math.abs(a - b) < 1e-9;
}

function thousandths(value: number): number {
	return Math.round(value * 1000) / 1000;
}

/** To six decimals, as prices are written; what is finer is rounded up. */
function exact(price: number): number {
	const rounded = Math.round(price * 1e6);
	return (Math.abs(rounded - price * 1e6) < 1e-6 ? rounded : Math.ceil(price * 1e6)) / 1e6;
}

function bare({ long: _, isDearest: __, ...price }: Figures): LinePrice {
	return price;
}

/** The price of a long prompt for every prompt. */
function withLong(figures: Figures): LinePrice {
	const { long } = figures;
	const price = bare(figures);
	if (long === null) return price;
	const fields = ["input", "cache_read", "cache_write", "cache_write_hour", "output"] as const;
	for (const field of fields) {
		const value = price[field];
		if (value !== undefined)
			price[field] = exact(value * (field === "output" ? long.output_factor : long.input_factor));
	}
	return price;
}

function greatest(all: readonly Figures[]): LinePrice {
	const dear = all.map(withLong);
	const most = (field: Exclude<keyof LinePrice, "from">) =>
		Math.max(...dear.map((price) => price[field] ?? price.input));
	return { input: most("input"), cache_read: most("cache_read"), output: most("output") };
}
