/** How long a request and each of its attempts may take. */
import { MAX_REQUEST_MS } from "#core/request-limits";
import type { Alias } from "#core/routing/alias";
import type { UpstreamRequest } from "#gateway/upstream/upstream-request";
import type { Patience } from "#gateway/upstream/watchdog";

/** How long a caller is willing to wait, in milliseconds from the request's arrival; null where it does not say. */
export interface TimeLimits {
	/** Until the answer has ended. */
	readonly totalMs: number | null;
	/** Until the answer begins, or ends when it is whole: the time-out of the caller's own client. */
	readonly beginMs: number | null;
	/** How long one attempt at a stream may take to its first content. */
	readonly ttftMs: number | null;
}

/** Whole answers come when they are complete, so they may take as long as a long stream. */
const WHOLE_MS = 10 * 60_000;
const IDLE_MS = 60_000;
/** Limits where no other target could serve, in milliseconds: the gateway can only wait. */
const ALONE = { headers: 120_000, content: 300_000 };
/**
 * The limit where another target could serve, in milliseconds: a stream that has not begun moves on, well before edges
 * cut a silent connection (about 100 s).
 */
const TTFT_MS = 60_000;
/** A model that does not think first answers its headers within this time, or is not there. */
const HEADERS_MS = 15_000;
/** How long an upstream that accepted may keep silent before the answer is committed to the caller without content. */
const COMMIT_ALONE_MS = 5_000;

/** What the time of an attempt depends on. */
type TimedRequest = Pick<UpstreamRequest, "operation" | "request" | "model">;

/** What one attempt may take. */
export interface Allowance extends Patience {
	/** Milliseconds after which a silent stream is committed to the caller; null for never. */
	readonly commitAfter: number | null;
}

/** The time that a request has, over all its attempts. */
export class Deadline {
	readonly #ttft: number | null;
	readonly #begin: number;
	readonly #end: number;

	/** `receivedAt` in milliseconds since the epoch. */
	constructor(receivedAt: number, limits: TimeLimits, alias: Alias | null) {
		this.#ttft = limits.ttftMs ?? alias?.ttftTimeoutMs ?? null;
		this.#end = receivedAt + Math.min(limits.totalMs ?? alias?.timeoutMs ?? MAX_REQUEST_MS, MAX_REQUEST_MS);
		this.#begin = Math.min(this.#end, receivedAt + (limits.beginMs ?? MAX_REQUEST_MS));
	}

	/** Milliseconds in which an answer must begin; not positive when it is too late. */
	left(now: number): number {
		return this.#begin - now;
	}

	/** What an attempt that begins now may take. `isLast`: no other target could serve after it. */
	allow({ operation, request, model }: TimedRequest, isLast: boolean, now: number): Allowance {
		const left = this.left(now);
		const end = this.#end - now;
		if (!request.stream) {
			const whole = Math.min(WHOLE_MS, left);
			return { headers: whole, content: whole, idle: IDLE_MS, end, commitAfter: null };
		}
		const isPatient = isLast || (model.reasoning && operation.mayThinkLong(request));
		const content = Math.min(this.#ttft ?? (isPatient ? ALONE.content : TTFT_MS), left);
		const headers = Math.min(isPatient ? ALONE.headers : model.reasoning ? TTFT_MS : HEADERS_MS, content);
		const commitAfter = isLast ? COMMIT_ALONE_MS : isPatient && this.#ttft === null ? TTFT_MS : null;
		return { headers, content, idle: IDLE_MS, end, commitAfter };
	}
}
