/** A request as the log has it. What no client sent, and what nobody knows yet, is null. Times in milliseconds. */
export interface LoggedRequest {
	readonly id: string;
	/** When it arrived, since the epoch. */
	readonly at: number;
	readonly team_id: string;
	readonly key_id: string;
	readonly app: string | null;
	readonly session: string | null;
	readonly end_user: string | null;
	readonly metadata: Readonly<Record<string, string>> | null;
	readonly face: string | null;
	readonly stream: boolean | null;
	readonly requested_model: string | null;
	readonly alias: string | null;
	readonly strategy: string | null;
	readonly candidates: readonly { readonly target: string; readonly score: number | null }[] | null;
	readonly provider: string | null;
	readonly model: string | null;
	/** Null while only charges are known. */
	readonly status: number | null;
	readonly error_type: string | null;
	readonly error_code: string | null;
	readonly input_tokens: number;
	readonly cached_input_tokens: number;
	readonly cache_write_tokens: number;
	readonly output_tokens: number;
	readonly reasoning_tokens: number;
	/** Nano-dollars. */
	readonly cost: number;
	/** Some of the cost is not what a provider reported. */
	readonly estimated: boolean;
	readonly latency_ms: number | null;
	readonly ttft_ms: number | null;
	readonly cache: string | null;
	readonly attempts: readonly LoggedAttempt[];
}

/** What is known of one attempt, in one entry of the books; their costs add up. Absent is what its entry does not say. */
export interface LoggedAttempt {
	readonly attemptId: string;
	readonly provider?: string | null | undefined;
	readonly model?: string | null | undefined;
	readonly credential?: string | undefined;
	readonly simulated?: boolean | undefined;
	/** Since the request arrived. */
	readonly startedMs?: number | undefined;
	readonly endedMs?: number | undefined;
	readonly ttftMs?: number | null | undefined;
	readonly end?: string | undefined;
	readonly fault?: string | null | undefined;
	readonly upstreamStatus?: number | null | undefined;
	/** Nano-dollars. */
	readonly cost: number;
	readonly estimated?: boolean | undefined;
	/** Of a charge that did not come with its request's record: `settled`, `expired` or `corrected`. */
	readonly why?: string | undefined;
}
