// What a vendor's own list of its models is to the gateway, and how its entries are read: none of it is trusted.
import * as v from "valibot";
import { ModelSchema, type WrittenModel } from "#catalog/catalog";
import { searchesUnasked } from "#catalog/model-names";
import { malformed } from "#providers/shared/faults";

/** A model as its vendor lists it. */
export interface ListedModel {
	readonly id: string;
	/** What the vendor says of it, in the form in which models are written; of prices, the one that holds now. */
	readonly fields: WrittenModel;
}

/** One page of a list. */
export interface ListPage {
	readonly models: readonly ListedModel[];
	/** Entries that could not be read. */
	readonly skipped: number;
	/** Entries of what is no model to chat with, or belongs to one account. */
	readonly others: number;
	/** What names the next page; null on the last. */
	readonly next: string | null;
}

/** How a vendor lists its models. */
export interface ModelLister {
	/** The path of a page below the versioned base URL, with its query; null means the first. */
	path(page: string | null): string;
	readonly headers?: Readonly<Record<string, string>>;
	/** Reads a page. Throws `UpstreamError` for what is no list. */
	read(body: unknown): ListPage;
}

/** The most entries that a page may have: each takes time that a vendor decides. */
const MAX_ENTRIES = 10_000;
/** Nothing that a path, a header, a pattern or a line of the log could mistake. */
const ID = /^[@~A-Za-z0-9][\w@~./:+-]{0,199}$/;
/** Names of what is no model to chat with, where the vendor does not say so itself. */
const NO_CHAT =
	/(?:^|[/-])(?:text-embedding|embed|embedding|embeddings|bge|rerank|reranker|tts|whisper|transcribe|dall-e|image|imagen|veo|sora|moderation|realtime|audio|speech|ocr|davinci|babbage)(?:$|[-0-9./])/i;
/** Names that belong to one account. */
const OF_AN_ACCOUNT = /^ft:/;

/**
 * Reads the entries of a page by a schema. `listed` makes a model of an entry, or null of what is none to chat with.
 * Throws `UpstreamError` when they are no list.
 */
export function pageOf<Schema extends v.GenericSchema>(
	entries: unknown,
	schema: Schema,
	listed: (entry: v.InferOutput<Schema>) => ListedModel | null,
	next: string | null = null,
): ListPage {
	if (!Array.isArray(entries)) throw malformed("the list of models is no list");
	if (entries.length > MAX_ENTRIES) throw malformed(`a page of the list has more than ${MAX_ENTRIES} entries`);
	const models: ListedModel[] = [];
	let skipped = 0;
	let others = 0;
	for (const entry of entries) {
		const parsed = v.safeParse(schema, entry);
		const model = parsed.success ? listed(parsed.output) : undefined;
		if (model === null || (model !== undefined && isOther(model.id))) others++;
		else if (model === undefined || !isUsable(model)) skipped++;
		else models.push({ id: model.id, fields: bounding(model.id, said(model.fields)) });
	}
	return { models, skipped, others, next };
}

/** Whether lists are not read for a model of this name, which says that it is none to chat with. */
export function isOther(id: string): boolean {
	return NO_CHAT.test(id) || OF_AN_ACCOUNT.test(id);
}

function isUsable({ id, fields }: ListedModel): boolean {
	if (!ID.test(id) || id.includes("..") || id.toLowerCase() === "auto") return false;
	return v.safeParse(ModelSchema, { ...said(fields), id }).success;
}

/** Without prices that do not bound what a model costs: one that searches unasked bills that beside its tokens. */
function bounding(id: string, { prices, ...rest }: WrittenModel): WrittenModel {
	return prices === undefined || searchesUnasked(id) ? rest : { ...rest, prices };
}

/** Without what the vendor did not say. */
function said(fields: WrittenModel): WrittenModel {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

/** A number of tokens; undefined for what is none. */
export function tokens(value: unknown): number | undefined {
	return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

interface UsdPrices {
	readonly input: unknown;
	readonly output: unknown;
	readonly cacheRead?: unknown;
	readonly cacheWrite?: unknown;
}

/**
 * Prices as models are written; undefined unless both of input and output are prices. `per` is how many tokens the
 * vendor's figures are for. What is finer than can be charged exactly is rounded up.
 */
export function pricesOf({ input, output, cacheRead, cacheWrite }: UsdPrices, per: 1 | 1_000_000) {
	const [base, said] = [usdPerMillion(input, per), usdPerMillion(output, per)];
	if (base === undefined || said === undefined) return undefined;
	const [read, write] = [usdPerMillion(cacheRead, per), usdPerMillion(cacheWrite, per)];
	return [
		{
			input: base,
			output: said,
			...(read !== undefined && { cache_read: read }),
			...(write !== undefined && { cache_write: write }),
		},
	];
}

/** The most that is believed of a price, in USD per million tokens. */
const MAX_USD_PER_MILLION = 1_000;

function usdPerMillion(value: unknown, per: 1 | 1_000_000): number | undefined {
	const amount = typeof value === "string" && /^\d*\.?\d+(?:e-?\d+)?$/i.test(value) ? Number(value) : value;
	if (typeof amount !== "number" || !Number.isFinite(amount) || amount < 0) return undefined;
	const micro = amount * (per === 1 ? 1e12 : 1e6);
	// A fraction that floating point alone made is no fraction.
	const nearest = Math.round(micro);
	const whole = Math.abs(micro - nearest) < 1e-3 ? nearest : Math.ceil(micro);
	return whole > MAX_USD_PER_MILLION * 1e6 ? undefined : whole / 1e6;
}
