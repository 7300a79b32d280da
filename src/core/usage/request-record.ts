// What is recorded of one request and of each of its attempts.
import type { Usage } from "#core/chat/usage";
import type { FaultKind } from "#core/fault";
import type { CredentialId, ProviderName, RequestId } from "#core/ids";
import type { FieldsFrom } from "./request-columns";

/** Usage that a provider reported and that cannot be true. */
export interface ImplausibleUsage {
	/** Tokens of the whole prompt. */
	readonly input: number;
	/** Tokens of all output. */
	readonly output: number;
	/** By how much it would have cost more than was charged, in nano-dollars. */
	readonly beyond: number;
}

/** One attempt of a request, for the usage log. Times are milliseconds since the request arrived. */
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
	/** What the charge was made of; null when nothing is known. */
	readonly usage: Usage | null;
	/** What the provider reported instead, where that cannot be true: then the attempt is charged at its hold. */
	readonly claim?: ImplausibleUsage;
	/** Charged, in nano-dollars. */
	readonly cost: number;
	/** The charge is not what the provider reported. */
	readonly estimated: boolean;
	/** Tokens were used and nothing is charged for them, because the model's price is not known. */
	readonly unpriced?: true;
}

/** One request as it ended, for the log and the roll-ups. */
export interface RequestRecord extends Omit<FieldsFrom<"known">, "id">, FieldsFrom<"record"> {
	readonly requestId: RequestId;
	/** In the order in which they began. */
	readonly attempts: readonly AttemptRecord[];
}
