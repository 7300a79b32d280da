// Stores answers behind their callers' backs, and finds them again although they may still be on their way.
import type { Config } from "#config";
import { GatewayError } from "#core/errors";
import { timeOfId } from "#core/ids";
import type { StoredResponse } from "#core/stored-response";
import type { Env } from "#env";
import { SealError } from "#store/d1/sealed";
import { deleteResponse, keepResponse, type ResponseOwner, readResponse } from "#store/usage/stored-responses";

/** How long after its request began an answer may still be on its way to the store, in milliseconds. */
const MAX_ON_ITS_WAY_MS = 15 * 60_000;
/** How long to wait before each further look for such an answer, in milliseconds. */
const LOOKS_AFTER_MS = [100, 200, 400];

/** Where answers are stored. */
interface On {
	readonly env: Pick<Env, "PAYLOADS">;
	readonly config: Pick<Config, "credentialsSecret">;
}

/**
 * The store of answers. A caller may name an answer at the moment in which it was told the last of it: what this
 * isolate is storing is waited for, and what another one may be is looked for more than once.
 */
export class ResponseStore {
	readonly #clock: () => number;
	readonly #sleep: (ms: number) => Promise<void>;
	readonly #onTheirWay = new Map<string, Promise<void>>();

	constructor(clock: () => number, sleep: (ms: number) => Promise<void>) {
		this.#clock = clock;
		this.#sleep = sleep;
	}

	/** Stores an answer. A failure is logged: the answer will not be found, and nothing else depends on it. */
	keep({ env: { PAYLOADS }, config }: On, owner: ResponseOwner, stored: StoredResponse): Promise<void> {
		const { id } = stored.response;
		if (PAYLOADS === undefined) return Promise.resolve();
		const kept = keepResponse(PAYLOADS, config.credentialsSecret, owner, stored)
			.catch((error: unknown) => {
				const kind = error instanceof Error ? error.name : typeof error;
				console.error(JSON.stringify({ level: "error", event: "stored_response", response_id: id, error: kind }));
			})
			.finally(() => this.#onTheirWay.delete(id));
		this.#onTheirWay.set(id, kept);
		return kept;
	}

	/**
	 * A stored answer as JSON in UTF-8; null when the owner has none of that id, or it was sealed with another secret.
	 * Throws `GatewayError` 503 `responses_unavailable`.
	 */
	async find({ env: { PAYLOADS }, config }: On, owner: ResponseOwner, id: string): Promise<Uint8Array | null> {
		const at = timeOfId(id);
		if (PAYLOADS === undefined || at === null) return null;
		await this.#onTheirWay.get(id);
		const read = () => unlessUnavailable(readResponse(PAYLOADS, config.credentialsSecret, owner, id));
		try {
			let found = await read();
			if (this.#clock() - at > MAX_ON_ITS_WAY_MS) return found;
			for (const ms of LOOKS_AFTER_MS) {
				if (found !== null) break;
				await this.#sleep(ms);
				found = await read();
			}
			return found;
		} catch (error) {
			if (error instanceof SealError) return null;
			throw error;
		}
	}

	/** Whether there was one. Throws `GatewayError` 503 `responses_unavailable`. */
	async remove({ env: { PAYLOADS } }: On, owner: ResponseOwner, id: string): Promise<boolean> {
		if (PAYLOADS === undefined) return false;
		await this.#onTheirWay.get(id);
		return unlessUnavailable(deleteResponse(PAYLOADS, owner, id));
	}
}

async function unlessUnavailable<T>(work: Promise<T>): Promise<T> {
	try {
		return await work;
	} catch (error) {
		if (error instanceof SealError) throw error;
		throw GatewayError.of("responses_unavailable", "the store of answers did not answer; try again");
	}
}
