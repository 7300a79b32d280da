import type { Strategy } from "./alias";
import type { ErrorType } from "./errors";
import type { FaultKind } from "./fault";
import type { CredentialId, KeyId, ProviderName, RequestId, TeamId } from "./ids";
import type { Usage } from "./usage";

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
export interface RequestRecord {
	readonly requestId: RequestId;
	/** When it arrived, in milliseconds since the epoch. */
	readonly at: number;
	readonly keyId: KeyId;
	readonly teamId: TeamId;
	/** What the client spoke. */
	readonly face: "chat";
	readonly stream: boolean;
	/** By the headers that clients send anyway; null when they do not. */
	readonly app: string | null;
	readonly session: string | null;
	readonly endUser: string | null;
	/** The caller's own labels. */
	readonly metadata: Readonly<Record<string, string>>;
	/** As the caller named it; null when it named a provider alone. */
	readonly requestedModel: string | null;
	readonly alias: string | null;
	readonly strategy: Strategy | null;
	/** What could have served, best first, with its score where one was made. */
	readonly candidates: readonly { readonly target: string; readonly score: number | null }[];
	/** Who served, or failed last; null when nobody was asked. */
	readonly provider: ProviderName | null;
	readonly model: string | null;
	/** What the caller was answered; 499 when it left. */
	readonly status: number;
	readonly errorType: ErrorType | null;
	readonly errorCode: string | null;
	/** Milliseconds until the answer was whole, and until its first content; null when none came. */
	readonly latencyMs: number;
	readonly ttftMs: number | null;
	readonly cache: "off" | "miss" | "hit";
	readonly attempts: readonly AttemptRecord[];
}
