import type { Alias } from "../core/alias";
import { aliasOf } from "./aliases";
import { documentsOf, selectDocuments } from "./documents";
import { providersOf, type StoredProvider, selectProviders } from "./providers";
import { registry } from "./registry";

/** All that the registry says on who can serve, as of one moment. */
export interface Registered {
	/** By name, disabled ones too. */
	readonly providers: readonly StoredProvider[];
	readonly aliases: readonly Alias[];
}

export const NOTHING_REGISTERED: Registered = { providers: [], aliases: [] };

/** One batch, so that all of it belongs together. Throws `RegistryError`. */
export function readRegistered(db: D1Database): Promise<Registered> {
	return registry(async () => {
		const [providers, aliases] = await db.batch([selectProviders(db), selectDocuments(db, "alias")]);
		return {
			providers: providersOf(providers),
			aliases: documentsOf(aliases).flatMap((document) => aliasOf(document) ?? []),
		};
	});
}
