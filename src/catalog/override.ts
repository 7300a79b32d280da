// Lays what admins wrote over the models of a provider: fields of models that are known, and whole models.
import * as v from "valibot";
import type { ProviderName } from "#core/ids";
import { CATALOG, ModelSchema, toModel, type WrittenModel } from "./catalog";
import { isKnownName, type ListedModel, listedModel, modelsOf } from "./listed-models";
import type { Model } from "./model";
import { SUPPOSED } from "./product-lines";

/**
 * What admins put in place of models' own fields, in their written form, by `provider/id`; with an `id`, a model that
 * they added.
 */
export type ModelOverrides = ReadonlyMap<string, WrittenModel>;

/** The longest name that is passed on, in characters. */
const MAX_NAME_CHARACTERS = 200;
/** Names that vendors give: nothing in them that a path, a header or a line of the log could mistake. */
const NAME = /^[\p{L}\p{N}@~][\p{L}\p{N}@~_.:+/-]*$/u;

/** The models of one provider, those that are known and whatever else its vendor may have. */
export interface ProviderModels {
	/** Those that are known in full, and those that admins added. */
	readonly models: readonly Model[];
	/** Any other that is known, by one of its vendor's names; null for a name that means none. */
	listed(name: string): Model | null;
	/** All others that are known. */
	others(): readonly Model[];
	/** What stands for a model of which nothing is known; null where it may not be asked for. */
	unlisted(name: string): Model | null;
}

/** The models of a built-in provider. */
export function builtInModels(provider: ProviderName, overrides: ModelOverrides): ProviderModels {
	const entries = CATALOG.filter(({ model }) => model.provider === provider);
	return new OverriddenModels(provider, entries, overridesOf(provider, overrides), { vendor: provider, defaults: {} });
}

/** What is known of the models of a provider as a whole. */
interface Listing {
	/** What the price list calls it; null for a provider that is in no list. */
	readonly vendor: string | null;
	/** What holds for its models where nothing else is said of one. */
	readonly defaults: WrittenModel;
}

const NO_LISTING: Listing = { vendor: null, defaults: {} };

/** The models of a provider that an admin added. */
export function addedModels(
	provider: ProviderName,
	written: readonly WrittenModel[],
	overrides: ModelOverrides,
	listing = NO_LISTING,
): ProviderModels {
	const entries = written.map((each) => ({ written: each, model: null }));
	return new OverriddenModels(provider, entries, overridesOf(provider, overrides), listing);
}

function overridesOf(provider: ProviderName, overrides: ModelOverrides): Map<string, WrittenModel> {
	const prefix = `${provider}/`;
	const own = [...overrides].filter(([name]) => name.startsWith(prefix));
	return new Map(own.map(([name, override]) => [name.slice(prefix.length), override]));
}

/** With it OpenRouter searches the web for any model, which the policy of a key is to decide; others may follow it. */
const SEARCH_SUFFIX = /:online(?::|$)/i;

/** A model as it is written, and as it is without an override where that was read before. */
interface Entry {
	readonly written: WrittenModel;
	readonly model: Model | null;
}

class OverriddenModels implements ProviderModels {
	readonly models: readonly Model[];
	readonly #provider: ProviderName;
	readonly #entries: readonly Entry[];
	/** By id. */
	readonly #overrides: ReadonlyMap<string, WrittenModel>;
	readonly #listing: Listing;
	/** Those of the price list that were asked for, by id, so that each is read once. */
	readonly #read = new Map<string, Model | null>();
	#others: readonly Model[] | null = null;
	#stranger: Model | null = null;

	constructor(
		provider: ProviderName,
		entries: readonly Entry[],
		overrides: ReadonlyMap<string, WrittenModel>,
		listing: Listing,
	) {
		this.#provider = provider;
		this.#entries = entries;
		this.#overrides = overrides;
		this.#listing = listing;
		const known = entries.flatMap(({ model, written }) => {
			const override = overrides.get(String(written.id));
			return (override === undefined ? model : null) ?? readModel(provider, { ...written, ...override }) ?? [];
		});
		const added = [...overrides].flatMap(([id, override]) =>
			isWhole(override) && !this.#isKnown(id) ? (readModel(provider, this.#supposed({ ...override, id })) ?? []) : [],
		);
		this.models = [...known, ...added];
	}

	listed(name: string): Model | null {
		const { vendor } = this.#listing;
		const found = vendor === null ? null : listedModel(vendor, name);
		return found === null ? null : this.#overridden(found);
	}

	others(): readonly Model[] {
		const { vendor } = this.#listing;
		this.#others ??= modelsOf(vendor ?? "").flatMap((listed) =>
			this.#isOwn(listed.family) ? [] : (this.#overridden(listed) ?? []),
		);
		return this.#others;
	}

	unlisted(name: string): Model | null {
		if (name.length > MAX_NAME_CHARACTERS || !NAME.test(name) || name.includes("..")) return null;
		if (this.#provider === "workers-ai" && !/^@[ch]f\//.test(name)) return null;
		if (SEARCH_SUFFIX.test(name)) return null;
		// One that an admin hid, or that is written in a way that is not understood, is not served as a stranger either.
		if (this.#isKnown(name)) return null;
		const lower = name.toLowerCase();
		const [id, override] = [...this.#overrides].find(([each]) => each.toLowerCase() === lower) ?? [];
		if (override !== undefined) return readModel(this.#provider, this.#supposed({ ...override, id }));
		this.#stranger ??= readModel(this.#provider, this.#supposed({ id: "stranger" }));
		return this.#stranger && { ...this.#stranger, id: name, unlisted: true };
	}

	#supposed(written: WrittenModel): WrittenModel {
		// Who writes what it takes or makes, or whether it calls tools, knows what it can do.
		const isKnown = "input" in written || "output" in written || "tools" in written;
		return { ...(isKnown ? {} : SUPPOSED), ...this.#listing.defaults, ...written };
	}

	/** What an admin wrote of a model holds for all its names; what was written of one of these goes before it. */
	#overridden({ written, family }: ListedModel): Model | null {
		const { id } = written;
		const kept = this.#read.get(id);
		if (kept !== undefined) return kept;
		const model = readModel(this.#provider, {
			...this.#listing.defaults,
			...written,
			...this.#overrides.get(family),
			...this.#overrides.get(id),
			id,
		});
		// Names with dates are as many as callers think of.
		if (id === family) this.#read.set(id, model);
		return model;
	}

	#isKnown(name: string): boolean {
		const { vendor } = this.#listing;
		return this.#isOwn(name) || (vendor !== null && isKnownName(vendor, name));
	}

	#isOwn(name: string): boolean {
		const lower = name.toLowerCase();
		return this.#entries.some(({ written }) => namesOf(written).some((each) => each.toLowerCase() === lower));
	}
}

/** Whether it is a model of its own that an admin added, and not only some fields of another. */
export function isWhole(override: WrittenModel): boolean {
	return "id" in override;
}

/** A model's id and its other ids. */
export function namesOf({ id, aliases }: WrittenModel): string[] {
	return [id, ...(Array.isArray(aliases) ? aliases : [])].map(String);
}

/**
 * Null for one that is hidden, and for one that is written in a way that is not understood, as by a later release. Such
 * a model is not served: it must not be, at a price that an admin replaced.
 */
function readModel(provider: ProviderName, written: WrittenModel): Model | null {
	const parsed = v.safeParse(ModelSchema, written);
	return parsed.success && !parsed.output.hidden ? toModel(provider, parsed.output) : null;
}
