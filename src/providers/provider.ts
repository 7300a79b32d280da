// What a provider is, to the router and to the gateway.
import type { Model } from "#catalog/model";
import type { ProviderModels } from "#catalog/override";
import type { CredentialId, ProviderName } from "#core/ids";
import type { ProviderAdapter, UpstreamCall } from "./adapter";

/** What the router knows of a provider that can serve now: enabled, with a credential or simulated. */
export interface ServingProvider {
	readonly name: ProviderName;
	/** Those that are known in full, and those that admins added. */
	readonly models: readonly Model[];
	/** What else its vendor may have; absent where nothing else is asked of it. */
	readonly catalog?: Pick<ProviderModels, "listed" | "others" | "unlisted">;
	/** The model that the provider's name alone stands for; null when it has none. */
	readonly defaultModel: string | null;
	/** The ways to it, at least one. Requests are spread over them by weight. */
	readonly credentials: readonly CredentialShare[];
}

/** A credential's part of its provider's traffic. */
export interface CredentialShare {
	readonly id: CredentialId;
	/** Relative to the others. */
	readonly weight: number;
}

/** An upstream account that can serve: its protocol, its models and the way to it. */
export interface Provider extends ServingProvider {
	readonly adapter: ProviderAdapter;
	/** Whether the simulator plays it. */
	readonly simulated: boolean;
	readonly credentials: readonly ProviderCredential[];
}

/** What is looked up at a provider. */
export interface Look {
	/** Below the versioned base URL, with its query. */
	readonly path: string;
	/** Looks something up unless it takes it away, or does something to it. */
	readonly method?: "GET" | "POST" | "DELETE";
	readonly headers?: Readonly<Record<string, string>>;
}

/** One vendor account of a provider, or the one way in where it takes no credential. */
export interface ProviderCredential extends CredentialShare {
	/** Sends one call. Throws what `fetch` throws, and the signal's reason when aborted. */
	send(call: UpstreamCall, signal: AbortSignal): Promise<Response>;
	/** Looks something up. Throws as `send` does. */
	look(at: Look, signal: AbortSignal): Promise<Response>;
	/**
	 * Fetches a file that an answer of the provider names by a path of its API or by a URL. Throws as `send` does, and
	 * RangeError for an address that no file may be at.
	 */
	file(at: string, signal: AbortSignal): Promise<Response>;
	/** Blots its secret out of a text: an upstream may quote what it was sent. */
	conceal(text: string): string;
}

/** The id of a provider's only credential. */
export const ONLY_CREDENTIAL = "default" as CredentialId;
