// Aliases, the rules of `auto` and their versions, as the admin API shows them.
import * as v from "valibot";
import { type AutoRules, AutoRulesSchema } from "#core/routing/auto-rules";
import { isObject } from "#lib/json";
import { nanoUsd, usdString } from "#metering/money";
import { AUTO } from "#router/models/resolve-model";
import { DEFAULT_RULES } from "#router/ranking/default-rules";
import { type AliasDefinition, GATEWAY_DEFAULTS, RULES_NAME } from "#store/config/document-kinds";
import type { DocumentKind, StoredDocument } from "#store/config/documents";
import { instant } from "./instant";
import { AnyObject, Dollars, Instant, type Shown } from "./shown";

const Milliseconds = v.nullable(v.pipe(v.number(), v.integer()));

const DefinitionView = v.object({
	models: v.array(v.object({ model: v.string(), weight: v.number() })),
	strategy: v.picklist(["priority", "weighted", "cheapest", "fastest", "steadiest", "balanced", "auto"]),
	optimize: v.picklist(["cost", "latency", "quality", "balanced"]),
	sticky: v.boolean(),
	fall_through: v.object({ content: v.boolean(), context: v.boolean() }),
	escalate: v.boolean(),
	hedge: v.nullable(v.object({ after_ms: Milliseconds, max_usd: Dollars })),
	downgrade: v.nullable(v.object({ above: v.number(), model: v.string() })),
	slow_stream: v.nullable(v.object({ tokens_per_second: v.number(), for_ms: v.number() })),
	cache_prompts: v.boolean(),
	timeout_ms: Milliseconds,
	ttft_timeout_ms: Milliseconds,
});

export const AliasView = v.object({
	id: v.string(),
	object: v.literal("alias"),
	name: v.string(),
	version: v.number(),
	...DefinitionView.entries,
	updated_at: Instant,
});

export const RoutingRulesView = v.object({
	id: v.string(),
	object: v.literal("routing_rules"),
	source: v.picklist(["default", "admin"]),
	version: v.number(),
	...AutoRulesSchema.entries,
	updated_at: v.nullable(Instant),
});

export const DefaultsView = v.object({
	id: v.string(),
	object: v.literal("defaults"),
	version: v.number(),
	model: v.exactOptional(v.string()),
	unpriced: v.exactOptional(v.picklist(["refuse", "ceiling"])),
	ceilings: v.exactOptional(v.record(v.string(), v.object({ input: v.number(), output: v.number() }))),
	updated_at: v.nullable(Instant),
});

/** A version of a document, with what it says unless it is a removal. */
function versionView<Entries extends v.ObjectEntries>(kind: DocumentKind, content: Entries) {
	return v.object({
		id: v.string(),
		object: v.literal(`${kind}.version`),
		version: v.number(),
		removed: v.boolean(),
		...content,
		created_at: Instant,
	});
}

/** The fields of a schema, each of which may be missing. */
function perhaps(schema: v.ObjectSchema<v.ObjectEntries, undefined>): v.ObjectEntries {
	return v.partial(schema).entries;
}

export const AliasVersionView = versionView("alias", perhaps(DefinitionView));
export const RoutingRulesVersionView = versionView("routing_rules", perhaps(v.object(AutoRulesSchema.entries)));
export const DefaultsVersionView = versionView(
	"defaults",
	perhaps(v.pick(DefaultsView, ["model", "unpriced", "ceilings"])),
);
export const ModelVersionView = versionView("model", { override: v.exactOptional(AnyObject) });
export const LearntVersionView = versionView("learnt_models", {
	models: v.exactOptional(v.record(v.string(), AnyObject)),
	hidden: v.exactOptional(v.array(v.string())),
});

export function renderAlias(document: StoredDocument, definition: AliasDefinition): Shown<typeof AliasView> {
	return {
		id: document.name,
		object: "alias",
		name: document.name,
		version: document.version,
		...renderDefinition(definition),
		updated_at: instant(document.createdAt),
	};
}

/** What an alias says, in the fields in which an admin writes it. */
export function renderDefinition(alias: AliasDefinition): Shown<typeof DefinitionView> {
	return {
		models: alias.targets,
		strategy: alias.strategy,
		optimize: alias.optimize,
		sticky: alias.sticky,
		fall_through: alias.fallThrough,
		escalate: alias.escalate,
		hedge: alias.hedge && { after_ms: alias.hedge.afterMs, max_usd: usdString(nanoUsd(alias.hedge.mostHeld)) },
		downgrade: alias.downgrade,
		slow_stream: alias.slowStream && {
			tokens_per_second: alias.slowStream.tokensPerSecond,
			for_ms: alias.slowStream.forMs,
		},
		cache_prompts: alias.cachePrompts ?? false,
		timeout_ms: alias.timeoutMs,
		ttft_timeout_ms: alias.ttftTimeoutMs,
	};
}

/** The rules in force: an admin's, or null for the ones that come with the gateway. */
export function renderRules(document: StoredDocument | null, rules: AutoRules | null): Shown<typeof RoutingRulesView> {
	return {
		id: RULES_NAME,
		object: "routing_rules",
		source: rules === null ? "default" : "admin",
		version: document?.version ?? 0,
		...(rules ?? DEFAULT_RULES),
		updated_at: instant(document?.createdAt ?? null),
	};
}

/** What holds where neither a team nor the gateway's admin decided it. */
const BUILT_IN_DEFAULTS = { model: AUTO, unpriced: "refuse", ceilings: {} } as const;

/** What was decided, and of the gateway what comes with it where nothing was. */
export function renderDefaults(name: string, document: StoredDocument | null): Shown<typeof DefaultsView> {
	return {
		id: name,
		object: "defaults",
		version: document?.version ?? 0,
		...(name === GATEWAY_DEFAULTS && BUILT_IN_DEFAULTS),
		...(isObject(document?.body) && document.body),
		updated_at: instant(document?.createdAt ?? null),
	};
}

/** One version of a document; `content` is what its body says, nothing for a removal. */
export function renderVersion(kind: DocumentKind, { version, body, createdAt }: StoredDocument, content: object) {
	return {
		id: String(version),
		object: `${kind}.version`,
		version,
		removed: body === null,
		...content,
		created_at: instant(createdAt),
	};
}
