import type { Alias } from "../core/alias";
import { GatewayError } from "../core/errors";
import { type Fault, UpstreamError } from "../core/fault";
import type { RoutePlan } from "../router/plan";
import { type Answer, answerOf, TooSlow, verifiedAnswerOf } from "./answer";
import { Attempt } from "./attempt";
import { AttemptHolds } from "./attempt-holds";
import { CandidateQueue, NoCandidateLeft } from "./candidate-queue";
import { failedError, noProviderAvailable } from "./failure";
import { failsOver, isProviderFault } from "./fault-policy";
import { countHedgeable, hedgeDelay, type Race, raced, secondCopy } from "./hedge";
import { pause } from "./pause";
import type { Ports } from "./ports";
import type { ChatJob } from "./prepared-attempt";
import { SpendRefused } from "./reservation";
import { retryBudgets } from "./retry-budget";
import { type Allowance, Deadline, type TimeLimits } from "./time-limits";

/** A request is never sent more often. */
const MOST_ATTEMPTS = 3;
/** Between attempts at the same target: full jitter up to this times two to the number of failures, in milliseconds. */
const BACKOFF_MS = 250;
/** The longest that a caller who named no time limit is kept waiting because an upstream said when to come back. */
const MOST_WAIT_MS = 2_000;

/** An attempt that failed before anything reached the caller. */
export interface Failure {
	readonly attempt: Attempt;
	readonly fault: Fault;
}

/** Why no further attempt was made although somebody could have served. */
export type Stopped = "attempts" | "deadline" | GatewayError;

/** No further attempt is due; `why` is null when nobody is left, or nobody else is to be asked. */
interface Over {
	readonly why: Stopped | null;
}

/**
 * Serves one request by at most three attempts within one deadline. Each is held for, settled and reported by itself; the
 * next candidate is asked at once when a failure is the provider's, and nobody when it is the caller's. Once an answer is
 * returned, nothing is tried again.
 */
export class Failover {
	readonly #job: ChatJob;
	readonly #limits: TimeLimits;
	readonly #ports: Ports;
	readonly #course: CandidateQueue;
	readonly #booking: AttemptHolds;
	readonly #failures: Failure[] = [];
	#deadline: Deadline | null = null;
	/** The last attempt came to this, unless it was answered. */
	#last: Failure | null = null;
	/** The last answer that was passed over. */
	#defective: Answer | null = null;

	constructor(job: ChatJob, limits: TimeLimits, ports: Ports) {
		this.#job = job;
		this.#limits = limits;
		this.#ports = ports;
		this.#course = new CandidateQueue(job, limits, ports);
		this.#booking = new AttemptHolds(this.#course, ports);
	}

	/** Null until the request was routed. */
	get plan(): RoutePlan | null {
		return this.#course.plan;
	}

	/** In the order in which they began. */
	get attempts(): readonly Attempt[] {
		return this.#booking.attempts;
	}

	/** Who would have been asked first, had the budget not run low; null when it had not. */
	get insteadOf(): string | null {
		return this.#booking.insteadOf;
	}

	/**
	 * Throws `GatewayError` when all that was tried failed, or nothing could be tried: what routing and reserving throw, the
	 * most telling of the failures, 499 when the caller left.
	 */
	async run(): Promise<Answer> {
		let attempt: Attempt | Over = await this.#first();
		while (attempt instanceof Attempt) {
			const answer = await this.#serve(attempt);
			if (answer !== null) return committed(answer);
			attempt = await this.#next();
		}
		if (this.#defective === null) throw this.#error(attempt.why);
		return committed(this.#defective);
	}

	async #first(): Promise<Attempt> {
		for (let hasWaited = false; ; hasWaited = true) {
			try {
				const attempt = await this.#booking.first();
				this.#deadline = new Deadline(this.#job.receivedAt, this.#limits, this.#alias);
				return attempt;
			} catch (error) {
				if (!(error instanceof NoCandidateLeft)) throw error;
				if (error.error === null && !hasWaited && (await this.#course.hasReopened())) continue;
				throw error.error ?? noProviderAvailable(this.plan, this.#course.skipped, Date.now());
			}
		}
	}

	/** The next attempt, or that none is due. Throws what ends the request whatever failed before. */
	async #next(): Promise<Attempt | Over> {
		const last = this.#last;
		if (last !== null && !failsOver(last.fault.kind, this.#alias)) return { why: null };
		if (this.attempts.length >= MOST_ATTEMPTS) return { why: "attempts" };
		if (this.#left() <= 0) return { why: "deadline" };
		if (!this.#course.hasNext && (last === null || !(await this.#hasWaitedFor(last)))) return { why: null };
		try {
			return await this.#booking.further();
		} catch (error) {
			if (error instanceof NoCandidateLeft) return { why: null };
			if (error instanceof SpendRefused) return { why: error.error };
			// Who may not ask any more hears that; what else keeps an attempt from being made says less than what failed.
			if (error instanceof GatewayError && error.details.status !== 401) return { why: error };
			throw error;
		}
	}

	/** Null when it failed, or its answer is kept in case nobody gives a better one. Throws what is no upstream's fault. */
	async #serve(held: Attempt): Promise<Answer | null> {
		this.#last = null;
		const isLast = this.attempts.length >= MOST_ATTEMPTS || !this.#course.isCovered;
		const allowance = this.#allow(held, isLast);
		const escalates = this.#alias?.escalate === true && !isLast;
		try {
			if (escalates) return await this.#verified(held, allowance);
			const afterMs = isLast ? null : this.#hedgeDelay(held);
			if (afterMs !== null) return await raced(held, afterMs, this.#race(held));
			return await answerOf(held, allowance, isLast ? null : (this.#alias?.slowStream ?? null));
		} catch (error) {
			if (error instanceof TooSlow) this.#tooSlow(held, error);
			else if (error instanceof UpstreamError) this.#failed(held, error.fault);
			else throw error;
			return null;
		}
	}

	async #verified(held: Attempt, allowance: Allowance): Promise<Answer | null> {
		const { answer, defect } = await verifiedAnswerOf(held, allowance);
		if (defect === null) return answer;
		this.#defective = answer;
		this.#course.passOverWeaker(held.upstream.model);
		return null;
	}

	/** After how long without content the first attempt gets company; null for never. */
	#hedgeDelay(held: Attempt): number | null {
		const hedge = this.#alias?.hedge ?? null;
		if (hedge === null || this.attempts.length > 1) return null;
		countHedgeable(held);
		return hedgeDelay(hedge, this.#job.request, held.prepared, this.#ports.usualTtft(held.prepared.candidate));
	}

	#race(first: Attempt): Race {
		return {
			run: (attempt) => answerOf(attempt, this.#allow(attempt, false)),
			second: (isWanted) => secondCopy(first, this.#alias?.hedge ?? null, this.#booking, isWanted),
			failed: (attempt, fault) => {
				this.#failed(attempt, fault);
				return failsOver(fault.kind, this.#alias);
			},
		};
	}

	#allow({ upstream, startedAt }: Attempt, isLast: boolean): Allowance {
		return this.#timed.allow(upstream.request, upstream.model, isLast, startedAt);
	}

	/** What one alias finds too slow says nothing of a provider's health, nor does it count as a failure that is rationed. */
	#tooSlow(attempt: Attempt, { message }: TooSlow): void {
		attempt.passOver("slow");
		this.#last = { attempt, fault: { kind: "timeout", status: null, message } };
		this.#failures.push(this.#last);
	}

	#failed(attempt: Attempt, fault: Fault): void {
		this.#last = { attempt, fault };
		this.#failures.push(this.#last);
		if (this.#failures.length === 1 || !isProviderFault(fault.kind)) return;
		retryBudgets.furtherFailed(attempt.hold.principal.teamId, attempt.upstream.provider.name);
	}

	/** Whether the only target said when to come back, and it was waited for: it may be asked once more. */
	async #hasWaitedFor({ attempt, fault }: Failure): Promise<boolean> {
		const { retryAfterMs } = fault;
		if (!this.#course.isAlone || retryAfterMs === undefined) return false;
		const mayWait = this.#limits.totalMs === null ? Math.min(MOST_WAIT_MS, this.#left()) : this.#left();
		const wait = retryAfterMs + Math.random() * BACKOFF_MS * 2 ** this.#failures.length;
		const { teamId } = attempt.hold.principal;
		if (wait >= mayWait || !retryBudgets.allows(teamId, attempt.upstream.provider.name, Date.now())) return false;
		await pause(wait, this.#job.caller);
		this.#course.askAgain(attempt.prepared);
		return true;
	}

	#error(stopped: Stopped | null): GatewayError {
		return failedError({
			failures: this.#failures,
			skipped: this.#course.skipped,
			plan: this.plan,
			stopped,
			now: Date.now(),
		});
	}

	get #alias(): Alias | null {
		return this.plan?.alias ?? null;
	}

	#left(): number {
		return this.#timed.left(Date.now());
	}

	get #timed(): Deadline {
		if (this.#deadline === null) throw new Error("no attempt has begun");
		return this.#deadline;
	}
}

function committed(answer: Answer): Answer {
	answer.attempt.commit();
	return answer;
}
