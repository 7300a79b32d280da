// An answer that is stored for later requests to go on from.
import type { JsonObject } from "#lib/json";

export interface StoredResponse {
	/** The items that stood before its request's own: those of the answers that it went on from. */
	readonly history: readonly JsonObject[];
	/** The items of its request's own input, each with an id. */
	readonly input: readonly JsonObject[];
	/** The answer as its caller got it. */
	readonly response: JsonObject & { readonly id: string; readonly output: JsonObject[] };
}

/** What a request wants of stored answers. */
export interface StorageWish {
	/** Whether its own answer shall be stored; null when it does not say. */
	readonly store: boolean | null;
	/** The ids of the answers that it draws on, each once. */
	readonly needs: readonly { readonly id: string; readonly param: string }[];
}
