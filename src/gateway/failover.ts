import type { Completion } from "../core/chat";
import { GatewayError } from "../core/errors";
import { type Fault, UpstreamError } from "../core/fault";
import type { RoutePlan } from "../router/plan";
import { Attempt } from "./attempt";
import { type Bill, billOf, completionText } from "./bill";
import { Course, NobodyLeft } from "./course";
import { callerLeft } from "./errors";
import { failedError, noProviderAvailable } from "./failed";
import { HeldAttempt } from "./held-attempt";
import { HeldStream } from "./held-stream";
import { type Job, withinHold } from "./offer";
import type { Ports } from "./ports";
import { SpendRefused } from "./reservation";
import { retryBudgets } from "./retry-budget";
import { Deadline, type TimeLimits } from "./time-limits";
import { isProviders, movesOn } from "./verdict";

/** A request is never sent more often. */
const MOST_ATTEMPTS = 3;
/** Between attempts at the same target: full jitter up to this times two to the number of failures, in milliseconds. */
const BACKOFF_MS = 250;
/** The longest that a caller who named no time limit is kept waiting because an upstream said when to come back. */
const MOST_WAIT_MS = 2_000;

/** An answer that is the caller's now. */
export type Answer = { readonly attempt: HeldAttempt } & (
	| { readonly kind: "whole"; readonly completion: Completion; readonly bill: Bill }
	| { readonly kind: "stream"; readonly held: HeldStream }
);

/** An attempt that failed before anything reached the caller. */
export interface Failure {
	readonly attempt: HeldAttempt;
	readonly fault: Fault;
}

/** Why no further attempt was made although somebody could have served. */
export type Stopped = "attempts" | "deadline" | GatewayError;

/**
 * Serves one request by at most three attempts within one deadline. Each is held for, settled and reported by itself; the
 * next candidate is asked at once when a failure is the provider's, and nobody when it is the caller's. Once an answer is
 * returned, nothing is tried again.
 */
export class Failover {
	readonly #job: Job;
	readonly #limits: TimeLimits;
	readonly #ports: Ports;
	readonly #course: Course;
	readonly #attempts: HeldAttempt[] = [];
	readonly #failures: Failure[] = [];
	#deadline: Deadline | null = null;

	constructor(job: Job, limits: TimeLimits, ports: Ports) {
		this.#job = job;
		this.#limits = limits;
		this.#ports = ports;
		this.#course = new Course(job, ports);
	}

	/** Null until the request was routed. */
	get plan(): RoutePlan | null {
		return this.#course.plan;
	}

	/** In the order in which they began. */
	get attempts(): readonly HeldAttempt[] {
		return this.#attempts;
	}

	/**
	 * Throws `GatewayError` when all that was tried failed, or nothing could be tried: what routing and reserving throw, the
	 * most telling of the failures, 499 when the caller left.
	 */
	async run(): Promise<Answer> {
		let attempt = await this.#first();
		for (;;) {
			try {
				return await this.#serve(attempt);
			} catch (error) {
				if (!(error instanceof UpstreamError)) throw error;
				this.#failed(attempt, error.fault);
			}
			attempt = await this.#next();
		}
	}

	async #first(): Promise<HeldAttempt> {
		try {
			return await this.#begin();
		} catch (error) {
			if (!(error instanceof NobodyLeft)) throw error;
			throw error.error ?? noProviderAvailable(this.plan, this.#course.passedOver, Date.now());
		}
	}

	/** Throws the error of the whole when no further attempt is due. */
	async #next(): Promise<HeldAttempt> {
		const last = this.#failures.at(-1);
		if (last === undefined || !movesOn(last.fault.kind, this.plan?.alias ?? null)) throw this.#error(null);
		if (this.#attempts.length >= MOST_ATTEMPTS) throw this.#error("attempts");
		if (this.#left() <= 0) throw this.#error("deadline");
		if (!this.#course.hasNext) await this.#waitFor(last);
		try {
			return await this.#begin();
		} catch (error) {
			if (error instanceof NobodyLeft) throw this.#error(null);
			if (error instanceof SpendRefused) throw this.#error(error.error);
			// Who may not ask any more hears that; what else keeps an attempt from being made says less than what failed.
			if (error instanceof GatewayError && error.details.status !== 401) throw this.#error(error);
			throw error;
		}
	}

	/** Holds for the best candidate that is left. */
	async #begin(): Promise<HeldAttempt> {
		const number = this.#attempts.length + 1;
		try {
			const { ticket, plan: offer } = await this.#ports.reserve(number, (principal) => this.#course.next(principal));
			this.#deadline ??= new Deadline(this.#job.receivedAt, this.#limits, this.plan?.alias ?? null);
			this.#course.take(offer, ticket.principal.teamId);
			const attempt = new HeldAttempt(offer, ticket, withinHold(offer, ticket), this.#ports);
			this.#attempts.push(attempt);
			return attempt;
		} finally {
			this.#course.giveBack();
		}
	}

	async #serve(held: HeldAttempt): Promise<Answer> {
		const { order, startedAt } = held;
		const isLast = this.#attempts.length >= MOST_ATTEMPTS || !this.#course.hasNext;
		const allowance = this.#timed.allow(order.request, order.model, isLast, startedAt);
		try {
			const attempt = new Attempt(order, allowance);
			if (order.request.stream) {
				const stream = await HeldStream.open(await attempt.stream(), order, held, allowance.commitAfter);
				held.commit();
				return { attempt: held, kind: "stream", held: stream };
			}
			const completion = await attempt.whole();
			const bill = billOf(order, completion.usage, () => completionText(completion), completion.service_tier);
			held.commit();
			held.end({ how: "answered", bill });
			return { attempt: held, kind: "whole", completion, bill };
		} catch (error) {
			const fault = error instanceof UpstreamError ? error.fault : null;
			held.end({ how: "failed", fault, silentMs: Date.now() - startedAt });
			throw error;
		}
	}

	#failed(attempt: HeldAttempt, fault: Fault): void {
		this.#failures.push({ attempt, fault });
		if (this.#failures.length === 1 || !isProviders(fault.kind)) return;
		retryBudgets.furtherFailed(attempt.ticket.principal.teamId, attempt.order.provider.name);
	}

	/** The only target said when to come back: waits so long, and lets it be asked again. Throws when that is too long. */
	async #waitFor({ attempt, fault }: Failure): Promise<void> {
		const { retryAfterMs } = fault;
		const mayWait = this.#limits.totalMs === null ? Math.min(MOST_WAIT_MS, this.#left()) : this.#left();
		const jitter = Math.random() * BACKOFF_MS * 2 ** this.#failures.length;
		if (!this.#course.isAlone || retryAfterMs === undefined || retryAfterMs + jitter >= mayWait)
			throw this.#error(null);
		const { teamId } = attempt.ticket.principal;
		if (!retryBudgets.allows(teamId, attempt.order.provider.name, Date.now())) throw this.#error(null);
		await pause(retryAfterMs + jitter, this.#job.caller);
		this.#course.askAgain(attempt.offer);
	}

	#error(stopped: Stopped | null): GatewayError {
		return failedError({
			failures: this.#failures,
			passedOver: this.#course.passedOver,
			plan: this.plan,
			stopped,
			now: Date.now(),
		});
	}

	#left(): number {
		return this.#timed.left(Date.now());
	}

	get #timed(): Deadline {
		if (this.#deadline === null) throw new Error("no attempt has begun");
		return this.#deadline;
	}
}

/** Throws `GatewayError` when the caller leaves meanwhile. */
function pause(ms: number, caller: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		const leave = (): void => {
			clearTimeout(timer);
			reject(caller.reason instanceof GatewayError ? caller.reason : callerLeft());
		};
		const timer = setTimeout(() => {
			caller.removeEventListener("abort", leave);
			resolve();
		}, ms);
		if (caller.aborted) leave();
		else caller.addEventListener("abort", leave);
	});
}
