// Aliases, the rules of `auto` and their versions, as the admin API shows them.
import type { AutoRules } from "#core/routing/auto-rules";
import { isObject } from "#lib/json";
import { nanoUsd, usdString } from "#metering/money";
import { AUTO } from "#router/models/resolve-model";
import { DEFAULT_RULES } from "#router/ranking/default-rules";
import { type AliasDefinition, GATEWAY_DEFAULTS, RULES_NAME } from "#store/config/document-kinds";
import type { DocumentKind, StoredDocument } from "#store/config/documents";
import { instant } from "./instant";

export function renderAlias(document: StoredDocument, definition: AliasDefinition) {
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
export function renderDefinition(alias: AliasDefinition) {
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
		timeout_ms: alias.timeoutMs,
		ttft_timeout_ms: alias.ttftTimeoutMs,
	};
}

/** The rules in force: an admin's, or null for the ones that come with the gateway. */
export function renderRules(document: StoredDocument | null, rules: AutoRules | null) {
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
const BUILT_IN_DEFAULTS = { model: AUTO, unpriced: "refuse", ceilings: {} };

/** What was decided, and of the gateway what comes with it where nothing was. */
export function renderDefaults(name: string, document: StoredDocument | null) {
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
