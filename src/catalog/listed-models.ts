// Models that are known, though not in full, in the form in which models are written, by their vendor's names for them.
import { CATALOG, type CatalogEntry, type WrittenModel } from "./catalog";
import { latestOf, newestOf, spelling, undated } from "./model-names";
import type { PriceLine } from "./price-line";
import { priceLine, priceLines, pricesSource } from "./price-list";
import { productLine } from "./product-lines";

/** A model under the name by which its vendor is asked for it. */
export interface ListedModel {
	readonly written: WrittenModel & { readonly id: string };
	/** The id of the model that it is another name of, or its own. */
	readonly family: string;
	/** Where its figures come from, and of when they are: an ISO date, perhaps without its day. */
	readonly source: string;
	readonly asOf: string;
}

/**
 * Every model of a vendor that the price list has and the catalog does not; none for a vendor that the list does not
 * have. Vendors go by the list's names, such as `groq`, `mistral`, `x-ai` or `moonshotai`.
 */
export function modelsOf(vendor: string): readonly ListedModel[] {
	const kept = lists.get(vendor);
	if (kept !== undefined) return kept;
	const models = priceLines(vendor)
		.filter(({ id }) => entryNamed(vendor, id) === undefined)
		.map((line) => ofLine(vendor, line, line.id));
	if (models.length > 0) lists.set(vendor, models);
	return models;
}

/** Vendors' lists that were asked for as a whole, as listing models does page by page. */
const lists = new Map<string, readonly ListedModel[]>();

/**
 * The model that a vendor means by a name that the catalog does not have, in any case: one of the price list; one of
 * either with a date, at its family's price; or with `-latest`, the newest. Null for any other name.
 */
export function listedModel(vendor: string, name: string): ListedModel | null {
	const stem = undated(name);
	const line = priceLine(vendor, name);
	if (line !== null) return ofLine(vendor, line, idSent(vendor, line, name));
	if (stem !== null) {
		const entry = entryNamed(vendor, stem);
		if (entry !== undefined) return ofEntry(entry, `${entry.model.id}${name.slice(stem.length)}`);
		const family = priceLine(vendor, stem);
		return family === null ? null : ofLine(vendor, family, idSent(vendor, family, name));
	}
	const latest = latestOf(name);
	if (latest === null) return null;
	const ids = [...entriesOf(vendor).values(), ...priceLines(vendor)].map((each) =>
		"model" in each ? each.model.id : each.id,
	);
	const newest = ids.find((id) => spelling(id) === spelling(latest)) ?? newestOf(latest, ids);
	if (newest === undefined) return null;
	const entry = entryNamed(vendor, newest);
	return entry === undefined ? listedModel(vendor, newest) : ofEntry(entry, entry.model.id);
}

/** Whether a name means a model that is known of a vendor. */
export function isKnownName(vendor: string, name: string): boolean {
	return entryNamed(vendor, name) !== undefined || listedModel(vendor, name) !== null;
}

function entryNamed(vendor: string, name: string): CatalogEntry | undefined {
	return entriesOf(vendor).get(name.toLowerCase());
}

const entries = new Map<string, ReadonlyMap<string, CatalogEntry>>();

/** The catalog's models of a vendor by every id, in lower case. */
function entriesOf(vendor: string): ReadonlyMap<string, CatalogEntry> {
	const known = entries.get(vendor);
	if (known !== undefined) return known;
	const found = new Map(
		CATALOG.filter(({ model }) => model.provider === vendor).flatMap((entry) =>
			[entry.model.id, ...entry.model.aliases].map((name) => [name.toLowerCase(), entry] as const),
		),
	);
	if (found.size > 0) entries.set(vendor, found);
	return found;
}

/** A model of the catalog under another id of its vendor's. */
function ofEntry({ model, written, source, asOf }: CatalogEntry, id: string): ListedModel {
	const { aliases: _, ...rest } = written;
	return { written: { ...rest, id }, family: model.id, source, asOf };
}

/** A line's model under one of its names: as the catalog has it, where the name is but another form of its id. */
function ofLine(vendor: string, line: PriceLine, id: string): ListedModel {
	const entry = entryNamed(vendor, line.id);
	if (entry !== undefined && spelling(undated(id) ?? id) === spelling(line.id)) return ofEntry(entry, id);
	const known = productLine(vendor, (undated(id) ?? id).toLowerCase());
	const { source = "", as_of: asOf = "" } = pricesSource(vendor) ?? {};
	return {
		written: {
			context: line.context,
			...known,
			id,
			prices: line.prices,
			...(line.long !== null && { rules: { long_prompt: line.long } }),
			...(line.deprecated && { deprecated: true }),
		},
		family: line.id,
		source,
		asOf,
	};
}

/**
 * The name that a vendor is sent for one of a line's names, with any date: as it is listed, but the model's own id for
 * another spelling of it. Anthropic knows its models by ids and ids with dates alone.
 */
function idSent(vendor: string, line: PriceLine, name: string): string {
	const stem = undated(name);
	if (vendor === "anthropic") return stem === null ? line.id : spelling(name);
	if (spelling(name) === spelling(line.id)) return line.id;
	const names = [line.id, ...line.names];
	const same = (a: string | null, b: string | null) => a?.toLowerCase() === b?.toLowerCase();
	const listed = names.find((each) => same(each, name));
	if (listed !== undefined) return listed;
	const family = stem === null ? undefined : names.find((each) => same(each, stem));
	if (stem !== null && family !== undefined) return `${family}${name.slice(stem.length)}`;
	return names.find((each) => same(undated(each), name)) ?? line.id;
}
