/** The serving providers as one isolate knows them, read from the registry when they are old. */
import type { Config } from "#config";
import type { Env } from "#env";
import { NOTHING_REGISTERED, type Registered, readRegistered } from "#store/config/registered";
import { DatabaseUnavailable } from "#store/d1/database";
import { buildServingProviders, type ServingProviders } from "./serving-providers";

export type { ServingProviders } from "./serving-providers";

interface Kept {
	/** Null until the registry was read. */
	serving: ServingProviders | null;
	/** Milliseconds since the epoch; after it the next request refreshes in the background. */
	staleAt: number;
	/** How many changes this isolate made: what was read before the last of them is out of date. */
	changes: number;
	/** The count of changes that `serving` has seen. */
	seen: number;
}

/** How long an isolate goes without looking at the registry: the longest that a change takes to arrive. */
const FRESH_MS = 10_000;

interface On {
	readonly env: Env;
	readonly config: Config;
	readonly receivedAt: number;
}

/** The serving providers as this isolate knows them. */
export class ProviderCache {
	readonly #kept: Kept = { serving: null, staleAt: 0, changes: 0, seen: 0 };

	/**
	 * Reads the registry only on the first use in an isolate, after a change of its own and, in the background, when the
	 * copy is stale. A registry that does not answer leaves what was known; on first use, the built-in providers.
	 */
	async serving(on: On & { readonly execution: ExecutionContext }): Promise<ServingProviders> {
		const own = this.#kept;
		if (own.serving === null || own.seen < own.changes) return this.#refreshed(on);
		if (own.staleAt <= on.receivedAt) {
			// Moved on first, so that one request refreshes and not all that arrive before it is done.
			own.staleAt = on.receivedAt + FRESH_MS;
			on.execution.waitUntil(this.#refreshed(on));
		}
		return own.serving;
	}

	/** What the registry holds now, for the admin, and the providers built from it. Throws `DatabaseUnavailable`. */
	current(on: On): Promise<{ registered: Registered; serving: ServingProviders }> {
		return this.#refresh(on);
	}

	/** After a change by this isolate itself: its next request looks at the registry. */
	forget(): void {
		this.#kept.changes++;
	}

	async #refreshed(on: On): Promise<ServingProviders> {
		try {
			return (await this.#refresh(on)).serving;
		} catch (error) {
			if (!(error instanceof DatabaseUnavailable)) throw error;
			return this.#kept.serving ?? buildServingProviders(on.env, on.config, NOTHING_REGISTERED);
		}
	}

	async #refresh({ env, config, receivedAt }: On) {
		const own = this.#kept;
		const { changes } = own;
		const registered = await readRegistered(env.DB);
		const serving = await buildServingProviders(env, config, registered);
		// A reading that took long must not undo one that saw more.
		if (changes >= own.seen) {
			own.serving = serving;
			own.seen = changes;
			own.staleAt = receivedAt + FRESH_MS;
		}
		return { registered, serving };
	}
}
