/**
 * The price list: models of many vendors with what they cost, as `npm run catalog:update` writes it. A line is read
 * when its model is asked for, and a vendor's names are indexed with the first question about it, so that the list
 * costs an isolate nothing to start.
 */
import { undated } from "./model-names";
import { type PriceLine, readPriceLine } from "./price-line";
import list from "./price-list.json";

interface VendorPrices {
	/** Where its figures come from. */
	readonly source: string;
	/** Of when they are: an ISO date. */
	readonly as_of: string;
	readonly models: readonly string[];
}

const VENDORS: Readonly<Record<string, VendorPrices>> = list;
const indices = new Map<string, ReadonlyMap<string, string>>();

/** Where a vendor's figures come from, and of when they are; null for a vendor that the list does not have. */
export function pricesSource(vendor: string): Pick<VendorPrices, "source" | "as_of"> | null {
	return pricesOf(vendor) ?? null;
}

/** The line that has a name, in any case, as its id or among its other names; null when none has. */
export function priceLine(vendor: string, name: string): PriceLine | null {
	const line = indexOf(vendor).get(name.toLowerCase());
	return line === undefined ? null : readPriceLine(line);
}

/** All lines of a vendor, in the list's order; none for a vendor that the list does not have. */
export function priceLines(vendor: string): readonly PriceLine[] {
	return pricesOf(vendor)?.models.map(readPriceLine) ?? [];
}

function pricesOf(vendor: string): VendorPrices | undefined {
	return Object.hasOwn(VENDORS, vendor) ? VENDORS[vendor] : undefined;
}

/** Lines by every name, in lower case. A name that is listed only with a date stands without it for the newest. */
function indexOf(vendor: string): ReadonlyMap<string, string> {
	const known = indices.get(vendor);
	if (known !== undefined) return known;
	const prices = pricesOf(vendor);
	const index = new Map<string, string>();
	if (prices === undefined) return index;
	const names = prices.models.map((line) => line.slice(0, line.indexOf("|")).toLowerCase().split(" "));
	prices.models.forEach((line, at) => {
		for (const name of names[at] ?? []) index.set(name, line);
	});
	const dated = names.flatMap((each, at) => each.map((name) => [name, prices.models[at] ?? ""] as const));
	for (const [name, line] of dated.toSorted(([a], [b]) => (a < b ? 1 : -1))) {
		const stem = undated(name);
		if (stem !== null && !index.has(stem)) index.set(stem, line);
	}
	indices.set(vendor, index);
	return index;
}
