// What each kind of document holds, read from its body: aliases, overrides of models, what
// was learnt of a provider's models, the rules of `auto`, and defaults.
import * as v from "valibot";
import { PricePerMillion, type WrittenModel } from "#catalog/catalog";
import type { Alias } from "#core/routing/alias";
import { type AutoRules, AutoRulesSchema } from "#core/routing/auto-rules";
import { isObject } from "#lib/json";
import type { StoredDocument } from "./documents";

/** What an alias says, without its name and version. */
export type AliasDefinition = Omit<Alias, "name" | "version">;

const Milliseconds = v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1)));

const AliasSchema: v.GenericSchema<unknown, AliasDefinition> = v.object({
	targets: v.pipe(v.array(v.object({ model: v.string(), weight: v.pipe(v.number(), v.minValue(0)) })), v.minLength(1)),
	strategy: v.picklist(["priority", "weighted", "cheapest", "fastest", "steadiest", "balanced", "auto"]),
	optimize: v.picklist(["cost", "latency", "quality", "balanced"]),
	sticky: v.boolean(),
	fallThrough: v.object({ content: v.boolean(), context: v.boolean() }),
	escalate: v.boolean(),
	hedge: v.nullable(v.object({ afterMs: Milliseconds, mostHeld: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) })),
	downgrade: v.nullable(v.object({ above: v.pipe(v.number(), v.minValue(0), v.maxValue(1)), model: v.string() })),
	slowStream: v.nullable(
		v.object({
			tokensPerSecond: v.pipe(v.number(), v.minValue(0)),
			forMs: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
		}),
	),
	cachePrompts: v.exactOptional(v.literal(true)),
	timeoutMs: Milliseconds,
	ttftTimeoutMs: Milliseconds,
});

/** The alias that a document holds; null for a removal, and for one written in a way that is not understood. */
export function aliasOf({ name, version, body }: StoredDocument): Alias | null {
	const parsed = v.safeParse(AliasSchema, body);
	return parsed.success ? { name, version, ...parsed.output } : null;
}

/** The fields that a document puts in place of a model's own; none for a removal. */
export function overrideOf({ body }: StoredDocument): WrittenModel {
	return isObject(body) ? body : {};
}

/** What was learnt of a provider's models from its own list. */
export interface LearntModels {
	/** By id: a model of its own where it has an `id`, else fields that go before what is known. */
	readonly models: ReadonlyMap<string, WrittenModel>;
	/** Ids of models that are known and that the provider no longer has. */
	readonly hidden: readonly string[];
}

export const NOTHING_LEARNT: LearntModels = { models: new Map(), hidden: [] };

const LearntSchema = v.object({
	models: v.record(v.string(), v.record(v.string(), v.unknown())),
	hidden: v.array(v.string()),
});

/** What a document says was learnt; nothing for a removal, and for one written in a way that is not understood. */
export function learntOf({ body }: Pick<StoredDocument, "body">): LearntModels {
	const parsed = v.safeParse(LearntSchema, body);
	if (!parsed.success) return NOTHING_LEARNT;
	return { models: new Map(Object.entries(parsed.output.models)), hidden: parsed.output.hidden };
}

/** The body of a document that says what was learnt. */
export function learntBody({ models, hidden }: LearntModels): object {
	return { models: Object.fromEntries(models), hidden };
}

const SyncSettingsSchema = v.object({ apply: v.array(v.string()) });

/** Which kinds of difference the daily job applies by itself at a provider; none where an admin has not said. */
export function appliedDaily(document: Pick<StoredDocument, "body"> | null): readonly string[] {
	const parsed = v.safeParse(SyncSettingsSchema, document?.body);
	return parsed.success ? parsed.output.apply : [];
}

/** The name of the gateway's own defaults; those of a team go by its id. */
export const GATEWAY_DEFAULTS = "gateway";

/** What a team may have of its own. */
export const TeamDefaultsSchema = v.strictObject({
	/** The model, alias or `auto` that serves a request which names neither a model nor a provider. */
	model: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(256))),
	/** What becomes of a request for a model whose price is not known, where a budget would have to hold for it. */
	unpriced: v.exactOptional(v.picklist(["refuse", "ceiling"])),
});

/** By provider, the most that its models without a price are taken to cost: USD per million tokens. */
const Ceilings = v.record(v.string(), v.strictObject({ input: PricePerMillion, output: PricePerMillion }));

export const GatewayDefaultsSchema = v.strictObject({
	...TeamDefaultsSchema.entries,
	ceilings: v.exactOptional(Ceilings),
});

/** What a document says of the gateway's defaults, or of a team's. Ceilings are in pico-dollars per token. */
export type StoredDefaults = v.InferOutput<typeof GatewayDefaultsSchema>;

/** None for a removal, and for ones written in a way that is not understood. */
export function defaultsOf({ body }: StoredDocument): StoredDefaults {
	const parsed = v.safeParse(GatewayDefaultsSchema, body);
	return parsed.success ? parsed.output : {};
}

/** The document's name: there are rules for `auto` alone. */
export const RULES_NAME = "auto";

/** The rules that a document holds; null for a removal, and for ones written in a way that is not understood. */
export function rulesOf({ body }: StoredDocument): AutoRules | null {
	const parsed = v.safeParse(AutoRulesSchema, body);
	return parsed.success ? parsed.output : null;
}
