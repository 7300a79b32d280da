// What a provider's own list says that the gateway does not think.
import type { WrittenModel } from "#catalog/catalog";
import type { Model, Price } from "#catalog/model";
import { isForChat } from "#catalog/purpose";
import { priceAt } from "#metering/cost";
import { isOther, type ListedModel } from "#providers/model-lists/list-page";
import type { ReadList } from "./read-list";

/** USD per million tokens, as models are written. */
interface WrittenPrice {
	readonly input: number;
	readonly output: number;
	readonly cache_read?: number;
	readonly cache_write?: number;
}

/** A model whose price is another than was thought. */
export interface Repriced {
	readonly id: string;
	/** Null where none was known. */
	readonly before: WrittenPrice | null;
	readonly after: WrittenPrice;
	/** An admin set the price that was thought, so that it stays. */
	readonly setByAdmin: boolean;
}

/** Ways in which a list differs, each of which an admin accepts by itself. */
export const DIFFERENCE_KINDS = ["new", "gone", "dearer", "cheaper"] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

export interface Difference {
	readonly new: readonly ListedModel[];
	readonly gone: readonly string[];
	/** Dearer in any part, or with a price where none was known. */
	readonly dearer: readonly Repriced[];
	readonly cheaper: readonly Repriced[];
}

/** What is thought of a provider's models. */
export interface Known {
	readonly models: readonly Model[];
	/** Another that is known by a name, though not in full; null when none is. */
	named(id: string): Model | null;
	/** Whether a name means a model that is known in another way, or that an admin hid. */
	isKnown(id: string): boolean;
	/** Whether an admin set the model's price. */
	isSetByAdmin(id: string): boolean;
}

/** Compares a list with what is thought at a time, in milliseconds since the epoch. */
export function difference(known: Known, list: ReadList, now: number): Difference {
	const byName = new Map(known.models.flatMap((model) => namesOf(model).map((name) => [name, model] as const)));
	const listed = new Set(list.models.map(({ id }) => id.toLowerCase()));
	const repriced = list.models.flatMap((model) => {
		const own = byName.get(model.id.toLowerCase()) ?? known.named(model.id) ?? undefined;
		// A price of another name of a model may be that of another version.
		return own !== undefined && own.id === model.id ? repricing(own, model, known, now) : [];
	});
	return {
		new: list.models.filter(
			({ id }) => !byName.has(id.toLowerCase()) && known.named(id) === null && !known.isKnown(id),
		),
		// Lists are read for the models that chat; many do not show the others.
		gone: list.isCut
			? []
			: known.models
					.filter((model) => isForChat(model) && !isOther(model.id))
					.filter((model) => !namesOf(model).some((name) => listed.has(name)))
					.map(({ id }) => id),
		dearer: repriced.filter(isDearer),
		cheaper: repriced.filter((one) => !isDearer(one)),
	};
}

function namesOf({ id, aliases }: Model): string[] {
	return [id, ...aliases].map((name) => name.toLowerCase());
}

function repricing(own: Model, { id, fields }: ListedModel, known: Known, now: number): Repriced[] {
	const after = listedPrice(fields);
	if (after === null) return [];
	const price = priceAt(own, now);
	const before = price === null ? null : written(price);
	const isSame = before !== null && PARTS.every((part) => after[part] === undefined || after[part] === before[part]);
	return isSame ? [] : [{ id, before, after, setByAdmin: known.isSetByAdmin(id) }];
}

const PARTS = ["input", "output", "cache_read", "cache_write"] as const;

function isDearer({ before, after }: Repriced): boolean {
	return before === null || PARTS.some((part) => (after[part] ?? 0) > (before[part] ?? 0));
}

function listedPrice({ prices }: WrittenModel): WrittenPrice | null {
	return Array.isArray(prices) ? (prices[0] ?? null) : null;
}

function written({ input, output, cacheRead, cacheWrite }: Price): Required<WrittenPrice> {
	const usd = (pico: number) => pico / 1e6;
	return { input: usd(input), output: usd(output), cache_read: usd(cacheRead), cache_write: usd(cacheWrite) };
}
