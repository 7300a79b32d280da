// What each kind of document holds, read from its body: aliases, overrides of models, and the rules of `auto`.
import * as v from "valibot";
import type { WrittenModel } from "#catalog/catalog";
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

/** The document's name: there are rules for `auto` alone. */
export const RULES_NAME = "auto";

/** The rules that a document holds; null for a removal, and for ones written in a way that is not understood. */
export function rulesOf({ body }: StoredDocument): AutoRules | null {
	const parsed = v.safeParse(AutoRulesSchema, body);
	return parsed.success ? parsed.output : null;
}
