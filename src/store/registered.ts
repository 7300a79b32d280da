import type { Alias } from "../core/alias";
import type { AutoRules } from "../core/auto-rules";
import { aliasOf } from "./aliases";
import { documentsOf, selectDocuments } from "./documents";
import { providersOf, type StoredProvider, selectProviders } from "./providers";
import { registry } from "./registry";
import { rulesOf } from "./routing-rules";

/** All that the registry says on who can serve, as of one moment. */
export interface Registered {
	/** By name, disabled ones too. */
	readonly providers: readonly StoredProvider[];
	readonly aliases: readonly Alias[];
	/** Null: the ones that come with the gateway. */
	readonly rules: AutoRules | null;
}

export const NOTHING_REGISTERED: Registered = { providers: [], aliases: [], rules: null };

/** One batch, so that all of it belongs together. Throws `RegistryError`. */
export function readRegistered(db: D1Database): Promise<Registered> {
	return registry(async () => {
		const [providers, aliases, rules] = await db.batch([
			selectProviders(db),
			selectDocuments(db, "alias"),
			selectDocuments(db, "routing_rules"),
		]);
		return {
			providers: providersOf(providers),
			aliases: documentsOf(aliases).flatMap((document) => aliasOf(document) ?? []),
			rules: documentsOf(rules).map(rulesOf).at(0) ?? null,
		};
	});
}
