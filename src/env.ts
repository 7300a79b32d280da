// What the Worker is bound to, as types.
import type { KeyRpc, ProviderRpc, TeamRpc } from "#objects/rpc";
import type { ProviderSettings } from "#providers/built-in-providers";

/**
 * What the Worker is bound to. Values of variables are strings from outside: read them through `src/config.ts` only.
 */
export interface Env extends ProviderSettings {
	/** Registry: teams, keys, providers. */
	readonly DB: D1Database;
	/** Edge copies of key records. */
	readonly KEY_RECORDS: KVNamespace;
	readonly API_KEYS: DurableObjectNamespace<KeyRpc>;
	readonly TEAMS: DurableObjectNamespace<TeamRpc>;
	readonly PROVIDERS: DurableObjectNamespace<ProviderRpc>;
	/** What requests and answers said, where policy has it kept. Without it nothing of it is kept. */
	readonly PAYLOADS?: R2Bucket;
	/** The console's files. */
	readonly ASSETS: Fetcher;
	/** Counts admin tokens and keys that were wrong, by the address of the client. */
	readonly FAILURES_OF_ADDRESS: RateLimit;
	/** Counts them over all addresses. */
	readonly FAILURES_OF_ALL: RateLimit;
	/** Counts what keys ask that spends nothing, by key. */
	readonly READS_OF_KEY: RateLimit;
	readonly AI: WorkersAiBinding;
	/** The upstream that plays providers without a credential; bound in the local environment only. */
	readonly SIMULATOR?: Fetcher;

	readonly ADMIN_TOKEN?: string;
	readonly KEY_PEPPER?: string;
	readonly CREDENTIALS_SECRET?: string;
	/** A fixed API key for a first try; local environment only. */
	readonly DEMO_KEY?: string;
	/** What is logged of requests: `off`, `errors` or `requests`, which is what it is when absent. */
	readonly LOG_LEVEL?: string;
	/** For how many days requests are kept in the log; 30 when absent. */
	readonly REQUEST_LOG_DAYS?: string;
	/** For how many days what requests said is kept, where it is kept; 30 when absent. */
	readonly PAYLOAD_DAYS?: string;
}

/** The part of the Workers AI binding that the gateway calls; of `run` the raw answer, for its status and type. */
interface WorkersAiBinding {
	/** One page of the catalogue. */
	models(page: { per_page: number; page: number }): Promise<unknown>;
	run(model: string, inputs: unknown, options: { returnRawResponse: true; signal?: AbortSignal }): Promise<Response>;
}
