// What is asked for when a batch begins.
import type { StoredFile } from "#core/files/file";
import type { RequestId } from "#core/ids";
import type { Identified } from "#core/key/key";
import type { Principal } from "#core/key/principal";
import type { Env } from "#env";
import type { IsolateState } from "#gateway/isolate-state";
import type { ServingProviders } from "#gateway/routing/serving-providers";
import type { NativeRequest } from "#operations/native/request";
import type { RoutePreference } from "#router/route-request";

/** A line of a batch as it was read. */
export interface BatchRequest {
	readonly customId: string;
	readonly request: NativeRequest;
	readonly preference: RoutePreference;
}

/** Who begins a batch, and where. */
export interface BatchCall {
	readonly env: Env;
	readonly execution: ExecutionContext;
	readonly isolate: IsolateState;
	readonly identified: Identified;
	readonly principal: Principal;
	/** The version of the key under which the caller was admitted. */
	readonly version: number;
	readonly requestId: RequestId;
	/** Milliseconds since the epoch. */
	readonly receivedAt: number;
	readonly caller: AbortSignal;
	readonly serving: ServingProviders;
}

/** What shall be worked through. */
export interface BatchOrder {
	readonly file: StoredFile;
	readonly endpoint: string;
	readonly metadata: Readonly<Record<string, string>>;
	readonly requests: readonly BatchRequest[];
}
