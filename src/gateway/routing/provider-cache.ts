/** The serving providers as one isolate knows them, read from the registry when they are old. */
import type { Config } from "#config";
import type { Env } from "#env";
import { NOTHING_REGISTERED, type Registered, readRegistered } from "#store/config/registered";
import { DatabaseUnavailable } from "#store/d1/database";
import { buildServingProviders, type ServingProviders } from "./serving-providers";

export type { ServingProviders } from "./serving-providers";

interface Cached {
	/** Null until the registry was read. */
	serving: ServingProviders | null;
	/** The registry that `serving` was built from, as a text. */
	mark: string | null;
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
	readonly #cached: Cached = { serving: null, mark: null, staleAt: 0, changes: 0, seen: 0 };

	/**
	 * Reads the registry only on the first use in an isolate, after a change of its own and, in the background, when the
	 * copy is stale. A registry that does not answer leaves what was known; on first use, the built-in providers.
	 */
	async serving(on: On & { readonly execution: ExecutionContext }): Promise<ServingProviders> {
		const cached = this.#cached;
		if (cached.serving === null || cached.seen < cached.changes) return this.#refreshed(on);
		if (cached.staleAt <= on.receivedAt) {
			// Moved on first, so that one request refreshes and not all that arrive before it is done.
			cached.staleAt = on.receivedAt + FRESH_MS;
			on.execution.waitUntil(this.#refreshed(on));
		}
		return cached.serving;
	}

	/** What the registry holds now, for the admin, and the providers built from it. Throws `DatabaseUnavailable`. */
	current(on: On): Promise<{ registered: Registered; serving: ServingProviders }> {
		return this.#refresh(on);
	}

	/** After a change by this isolate itself: its next request looks at the registry. */
	forget(): void {
		this.#cached.changes++;
	}

	async #refreshed(on: On): Promise<ServingProviders> {
		try {
			return (await this.#refresh(on)).serving;
		} catch (error) {
			if (!(error instanceof DatabaseUnavailable)) throw error;
			return this.#cached.serving ?? buildServingProviders(on.env, on.config, NOTHING_REGISTERED);
		}
	}

	async #refresh({ env, config, receivedAt }: On) {
		const cached = this.#cached;
		const { changes } = cached;
		const registered = await readRegistered(env.DB);
		const mark = JSON.stringify({ ...registered, defaults: [...registered.defaults] });
		// What is derived of a registry that has not changed stays as it is: the directory, and lists made of it.
		const same = cached.mark === mark && cached.seen === changes ? cached.serving : null;
		const serving = same ?? (await buildServingProviders(env, config, registered));
		// A reading that took long must not undo one that saw more.
		if (changes >= cached.seen) {
			cached.serving = serving;
			cached.mark = mark;
			cached.seen = changes;
			cached.staleAt = receivedAt + FRESH_MS;
		}
		return { registered, serving };
	}
}
