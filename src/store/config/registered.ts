// Reads in one batch all that says who can serve.
import type { Alias } from "#core/routing/alias";
import type { AutoRules } from "#core/routing/auto-rules";
import { inDatabase } from "#store/d1/database";
import { aliasOf, defaultsOf, rulesOf, type StoredDefaults } from "./document-kinds";
import { documentsOf, type StoredDocument, selectDocuments } from "./documents";
import { credentialsOf, type StoredCredential, selectCredentials } from "./provider-credentials";
import { providersOf, type StoredProvider, selectProviders } from "./providers";

/** All that the registry says on who can serve, as of one moment. */
export interface Registered {
	/** By name, disabled ones too. */
	readonly providers: readonly StoredProvider[];
	/** Those that admins added, of all providers. */
	readonly credentials: readonly StoredCredential[];
	readonly aliases: readonly Alias[];
	/** What admins put in place of models' own fields, by `provider/id`; `overrideOf` reads them. */
	readonly overrides: readonly StoredDocument[];
	/** What was learnt of providers' models, by the provider's name; `learntOf` reads them. */
	readonly learnt: readonly StoredDocument[];
	/** Null: the ones that come with the gateway. */
	readonly rules: AutoRules | null;
	/** Of the gateway, and by team. */
	readonly defaults: ReadonlyMap<string, StoredDefaults>;
}

export const NOTHING_REGISTERED: Registered = {
	providers: [],
	credentials: [],
	aliases: [],
	overrides: [],
	learnt: [],
	rules: null,
	defaults: new Map(),
};

/** One batch, so that all of it belongs together. Throws `DatabaseUnavailable`. */
export function readRegistered(db: D1Database): Promise<Registered> {
	return inDatabase(async () => {
		const [providers, credentials, aliases, overrides, learnt, rules, defaults] = await db.batch([
			selectProviders(db),
			selectCredentials(db),
			selectDocuments(db, "alias"),
			selectDocuments(db, "model"),
			selectDocuments(db, "learnt_models"),
			selectDocuments(db, "routing_rules"),
			selectDocuments(db, "defaults"),
		]);
		return {
			providers: providersOf(providers),
			credentials: credentialsOf(credentials),
			aliases: documentsOf(aliases).flatMap((document) => aliasOf(document) ?? []),
			overrides: documentsOf(overrides),
			learnt: documentsOf(learnt),
			rules: documentsOf(rules).map(rulesOf).at(0) ?? null,
			defaults: new Map(documentsOf(defaults).map((document) => [document.name, defaultsOf(document)])),
		};
	});
}
