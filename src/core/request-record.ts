import type { FaultKind } from "./fault";
import type { CredentialId, ProviderName, RequestId } from "./ids";
import type { Usage } from "./usage";
import type { FieldsFrom } from "./usage/request-columns";

/** One attempt of a request, for the books. Times are milliseconds since the request arrived. */
export interface AttemptRecord {
	readonly attemptId: string;
	readonly provider: ProviderName;
	readonly model: string;
	readonly credential: CredentialId;
	readonly simulated: boolean;
	readonly startedMs: number;
	readonly endedMs: number;
	/** Until the first content; null when none came. */
	readonly ttftMs: number | null;
	/** `cut`: in the middle, by the upstream or the caller. `left`: the caller left before anything came. */
	readonly end: "answered" | "failed" | "cut" | "left";
	/** Null unless the upstream is to blame. */
	readonly fault: FaultKind | null;
	/** The upstream's HTTP status; null when there was none. */
	readonly upstreamStatus: number | null;
	/** Null when nothing is known. */
	readonly usage: Usage | null;
	/** Charged, in nano-dollars. */
	readonly cost: number;
	/** The charge is not what the provider reported. */
	readonly estimated: boolean;
}

/** One request as it ended, for the log and the roll-ups. */
export interface RequestRecord extends Omit<FieldsFrom<"known">, "id">, FieldsFrom<"record"> {
	readonly requestId: RequestId;
	/** In the order in which they began. */
	readonly attempts: readonly AttemptRecord[];
}
