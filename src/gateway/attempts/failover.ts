/**
 * The path of one request over its attempts, from top to bottom: plan, next candidate, hold, send, first content, and
 * then commit to this answer or go on to the next attempt.
 */

import { searchesUnasked } from "#catalog/model-names";
import { GatewayError } from "#core/errors";
import { UpstreamError } from "#core/fault";
import type { KeyState } from "#core/key/key";
import type { Principal } from "#core/key/principal";
import { MAX_WAIT_FOR_TARGET_MS } from "#core/request-limits";
import type { Alias } from "#core/routing/alias";
import { hedgeDelay, secondCopy } from "#gateway/attempts/hedging/hedge";
import { HedgeCosts } from "#gateway/attempts/hedging/hedge-costs";
import { Race } from "#gateway/attempts/hedging/race";
import { type Hold, SpendRefused } from "#gateway/spending/reservation";
import { ledgerUnavailable, priceUnknown } from "#gateway/spending/reservation-errors";
import { cutOff } from "#gateway/upstream/fault-error";
import { sleep } from "#lib/sleep";
import { targetOf } from "#router/models/model-access";
import type { RoutePlan } from "#router/plan";
import { type Answer, answerOf, TooSlow, verifiedAnswerOf } from "./answer";
import { askHold } from "./ask-hold";
import { Attempt } from "./attempt";
import { CandidateQueue, NoCandidateLeft, type Selection } from "./candidate-queue";
import { runsLow } from "./downgrade";
import { type Failure, failedError, noProviderAvailable, type Stopped } from "./failure";
import { failsOver, isHiccup, isProviderFault } from "./fault-policy";
import type { Ports } from "./ports";
import { atCeiling, type HeldAttempt, type PreparedAttempt, type RequestJob, withinHold } from "./prepared-attempt";
import { type Allowance, Deadline, type TimeLimits } from "./time-limits";

/** A request is never sent more often. */
const MAX_ATTEMPTS = 3;
/** A key may change between planning and holding; the gateway asks for a hold at most this often because of it. */
const MAX_HOLD_ROUNDS = 4;
/** Between attempts at the same target: full jitter up to this times two to the number of failures, in milliseconds. */
const BACKOFF_MS = 250;

/** The least pause after what may be a hiccup, in milliseconds. */
const HICCUP_MS = 50;

/** No further attempt is due; `why` is null when no candidate is left, or none may be asked after what failed. */
interface Over {
	readonly why: Stopped | null;
}

/**
 * Serves one request by at most three attempts within one deadline. Each is held for, settled and reported by itself;
 * the next candidate is asked at once when a failure is the provider's, and none when it is the caller's. Once an
 * answer is returned, nothing is tried again.
 */
export class Failover {
	readonly #job: RequestJob;
	readonly #limits: TimeLimits;
	readonly #ports: Ports;
	readonly #queue: CandidateQueue;
	readonly #attempts: Attempt[] = [];
	readonly #failures: Failure[] = [];
	/** As last heard: looked up, or corrected by the key's object. */
	#key: KeyState;
	#holds = 0;
	#insteadOf: string | null = null;
	#deadline: Deadline | null = null;
	#hedging: HedgeCosts | null = null;
	/** The last attempt came to this, unless it was answered. */
	#last: Failure | null = null;
	/** The last answer that was passed over. */
	#defective: Answer | null = null;

	/** `key` as it was looked up. */
	constructor(job: RequestJob, key: KeyState, limits: TimeLimits, ports: Ports) {
		this.#job = job;
		this.#key = key;
		this.#limits = limits;
		this.#ports = ports;
		this.#queue = new CandidateQueue(job, limits, ports);
	}

	/** Null until the request was routed. */
	get plan(): RoutePlan | null {
		return this.#queue.plan;
	}

	/** In the order in which they began. */
	get attempts(): readonly Attempt[] {
		return this.#attempts;
	}

	/** The target that would have been asked first, had the budget not run low; null when it had not. */
	get insteadOf(): string | null {
		return this.#insteadOf;
	}

	/**
	 * Throws `GatewayError` when all that was tried failed, or nothing could be tried: what routing and reserving throw,
	 * the most telling of the failures, 499 when the caller left.
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
				const attempt = this.#begin(await this.#holdFirst());
				this.#deadline = new Deadline(this.#job.receivedAt, this.#limits, this.#alias);
				return attempt;
			} catch (error) {
				if (!(error instanceof NoCandidateLeft)) throw error;
				if (error.error === null && !hasWaited && (await this.#queue.hasReopened())) continue;
				throw error.error ?? noProviderAvailable(this.plan, this.#queue.skipped, this.#ports.isolate.clock());
			}
		}
	}

	/** The next attempt, or that none is due. Throws what ends the request whatever failed before. */
	async #next(): Promise<Attempt | Over> {
		const last = this.#last;
		if (last !== null && !failsOver(last.fault.kind, this.#alias)) return { why: null };
		if (this.attempts.length >= MAX_ATTEMPTS) return { why: "attempts" };
		if (this.#left() <= 0) return { why: "deadline" };
		if (!this.#queue.hasNext && (last === null || !(await this.#hasWaitedFor(last)))) return { why: null };
		try {
			return this.#begin(await this.#hold());
		} catch (error) {
			if (error instanceof NoCandidateLeft) return { why: null };
			if (error instanceof SpendRefused) return { why: error.error };
			// A caller that may not ask any more hears that; anything else that keeps an attempt from being made says less
			// than what failed.
			if (error instanceof GatewayError && error.details.status !== 401) return { why: error };
			throw error;
		}
	}

	/**
	 * Holds for the best candidate that is left; the request is planned anew when the key's object says that the key has
	 * changed. Throws `NoCandidateLeft`, and what routing and reserving throw.
	 */
	async #hold(selection: Selection | null = null): Promise<HeldAttempt> {
		const number = ++this.#holds;
		try {
			for (let round = 0; round < MAX_HOLD_ROUNDS; round++) {
				const key = this.#key;
				let principal: Principal;
				let prepared: PreparedAttempt;
				try {
					principal = this.#ports.principal(key);
					prepared = await this.#queue.next(principal, selection);
				} catch (error) {
					// Under what was looked up the request cannot go on; under what is in force it may.
					this.#key = await this.#ports.keyInForce(key);
					if (this.#key === key) throw error;
					continue;
				}
				const under = { principal, version: key.version };
				let asked = await askHold(this.#ports, this.#job, number, prepared, under);
				if (asked.outcome === "unpriced") {
					const { model } = prepared.candidate;
					// A price per token bounds nothing that is billed by the search, by the image or by the minute.
					const { images, audio } = prepared.upstream.call;
					const isBeside = searchesUnasked(model.id) || images !== undefined || audio !== undefined;
					const ceiling = isBeside ? null : this.#ports.ceiling(principal, model.provider);
					if (ceiling === null) throw priceUnknown(model, asked.budget);
					prepared = atCeiling(this.#job, prepared, ceiling);
					asked = await askHold(this.#ports, this.#job, number, prepared, under);
				}
				if (asked.outcome === "granted") return this.#held(asked.prepared, asked.hold);
				if (asked.outcome === "changed") this.#key = asked.current;
			}
			throw ledgerUnavailable();
		} catch (error) {
			this.#queue.giveBack();
			throw error;
		}
	}

	/** The attempt as its hold affords it; a hold that affords none goes back. Throws what `withinHold` throws. */
	#held(prepared: PreparedAttempt, hold: Hold): HeldAttempt {
		try {
			return withinHold(prepared, hold);
		} catch (error) {
			this.#ports.release(hold);
			throw error;
		}
	}

	/** For the best candidate; or, when the budget runs low or out, for the model that the alias names instead. */
	async #holdFirst(): Promise<HeldAttempt> {
		let dear: HeldAttempt;
		try {
			dear = await this.#hold();
		} catch (error) {
			if (!isExhausted(error) || !(await this.#prefersCheaper())) throw error;
			return this.#hold();
		}
		const above = this.#alias?.downgrade?.above;
		// A trial is not given up for money: the permit would be lost.
		if (above === undefined || dear.prepared.permit !== null || !runsLow(dear, above)) return dear;
		if (!(await this.#prefersCheaper())) return dear;
		try {
			const cheap = await this.#hold();
			this.#ports.release(dear.hold);
			return cheap;
		} catch (error) {
			if (!(error instanceof SpendRefused)) throw error;
			this.#insteadOf = null;
			return dear;
		}
	}

	/** Puts the cheaper model of the alias first; false when there is none, or it is first already. */
	async #prefersCheaper(): Promise<boolean> {
		const downgrade = this.#alias?.downgrade ?? null;
		const passed = downgrade === null ? null : await this.#queue.preferInstead(downgrade.model);
		if (passed !== null) this.#insteadOf = targetOf(passed.model);
		return passed !== null;
	}

	#begin(held: HeldAttempt): Attempt {
		const { prepared, hold } = held;
		this.#queue.take(prepared, hold.principal.teamId);
		if (this.#alias?.hedge) this.#hedging ??= new HedgeCosts(this.#ports.isolate.hedgeBudgets, hold.principal.teamId);
		const attempt = new Attempt(held, this.#ports, this.#hedging);
		this.#attempts.push(attempt);
		return attempt;
	}

	/** Null when it failed, or its answer is kept in case there is no better one. Throws what is no upstream's fault. */
	async #serve(attempt: Attempt): Promise<Answer | null> {
		this.#last = null;
		const isLast = this.attempts.length >= MAX_ATTEMPTS || !this.#queue.isCovered;
		const allowance = this.#allow(attempt, isLast);
		const escalates = this.#alias?.escalate === true && !isLast;
		try {
			if (escalates) return await this.#verified(attempt, allowance);
			const afterMs = isLast ? null : this.#hedgeDelay(attempt);
			if (afterMs !== null) return await this.#raced(attempt, afterMs);
			return await answerOf(attempt, allowance, isLast ? null : (this.#alias?.slowStream ?? null));
		} catch (error) {
			if (error instanceof TooSlow) this.#tooSlow(attempt, error);
			else if (error instanceof UpstreamError) this.#failed(attempt, error);
			else throw error;
			return null;
		}
	}

	async #verified(attempt: Attempt, allowance: Allowance): Promise<Answer | null> {
		const { answer, defect } = await verifiedAnswerOf(attempt, allowance);
		if (defect === null) return answer;
		this.#defective = answer;
		this.#queue.passOverWeaker(attempt.upstream.model);
		return null;
	}

	/** After how long without content the first attempt gets company, in milliseconds; null for never. */
	#hedgeDelay(attempt: Attempt): number | null {
		const hedge = this.#alias?.hedge ?? null;
		if (hedge === null || this.attempts.length > 1) return null;
		this.#hedging?.count(attempt);
		return hedgeDelay(hedge, this.#job, attempt.prepared, this.#ports.usualTtft(attempt.prepared.candidate));
	}

	/** The first content of two attempts, the second of which begins after `afterMs` of silence; null when all failed. */
	async #raced(first: Attempt, afterMs: number): Promise<Answer | null> {
		const race = new Race(afterMs);
		try {
			race.run(first, answerOf(first, this.#allow(first, false)));
			for (;;) {
				const event = await race.next();
				switch (event.kind) {
					case "answered":
						return event.answer;
					case "failed":
						if (!(event.error instanceof UpstreamError)) throw event.error;
						this.#failed(event.attempt, event.error);
						if (!failsOver(event.error.fault.kind, this.#alias)) return null;
						break;
					case "silent":
						race.expect(this.#join(race, first));
						break;
				}
				if (race.isEmpty) return null;
			}
		} finally {
			race.end();
		}
	}

	/**
	 * Lets a second copy at another provider join, if one may be made and the race is not over by the time it is held.
	 */
	async #join(race: Race, first: Attempt): Promise<void> {
		const hedge = this.#alias?.hedge ?? null;
		const costs = this.#hedging;
		if (hedge === null || costs === null || !costs.take(hedge.mostHeld)) return;
		let second: Attempt | null = null;
		try {
			const held = await this.#hold(secondCopy(first.upstream.provider.name, hedge));
			if (race.isOver) this.#ports.release(held.hold);
			else second = this.#begin(held);
		} catch (error) {
			// The first copy goes on alone, whatever stands in the way of the second.
			if (!(error instanceof NoCandidateLeft || error instanceof SpendRefused || error instanceof GatewayError)) {
				throw error;
			}
		}
		costs.copied(first, second);
		if (second !== null) race.run(second, answerOf(second, this.#allow(second, false)));
	}

	#allow({ upstream, startedAt }: Attempt, isLast: boolean): Allowance {
		return this.#timed.allow(upstream, isLast, startedAt);
	}

	/**
	 * What one alias finds too slow says nothing of a provider's health, nor does it count as a failure that is rationed.
	 */
	#tooSlow(attempt: Attempt, { message }: TooSlow): void {
		attempt.passOver("slow");
		this.#last = { attempt, fault: { kind: "timeout", status: null, message } };
		this.#failures.push(this.#last);
	}

	#failed(attempt: Attempt, { fault, reply }: UpstreamError): void {
		this.#last = { attempt, fault, reply };
		this.#failures.push(this.#last);
		if (this.#failures.length === 1 || !isProviderFault(fault.kind)) return;
		this.#ports.isolate.retryBudgets.furtherFailed(attempt.hold.principal.teamId, attempt.upstream.provider.name);
	}

	/**
	 * Whether the only target said when to come back, or had what may be a hiccup, and it was waited for: it may be asked
	 * once more. A trial is not repeated: it has told what it was made for.
	 */
	async #hasWaitedFor({ attempt, fault }: Failure): Promise<boolean> {
		if (!this.#queue.isAlone) return false;
		const mayRepeat = this.#failures.length === 1 && attempt.prepared.permit === null && isHiccup(fault);
		const retryAfterMs = fault.retryAfterMs ?? (mayRepeat ? HICCUP_MS : undefined);
		if (retryAfterMs === undefined) return false;
		const mayWait = this.#limits.totalMs === null ? Math.min(MAX_WAIT_FOR_TARGET_MS, this.#left()) : this.#left();
		const { clock, random, retryBudgets } = this.#ports.isolate;
		const wait = retryAfterMs + random() * BACKOFF_MS * 2 ** this.#failures.length;
		const { teamId } = attempt.hold.principal;
		if (wait >= mayWait || !retryBudgets.allows(teamId, attempt.upstream.provider.name, clock())) return false;
		const { caller } = this.#job;
		await sleep(wait, caller);
		if (caller.aborted) throw cutOff(caller);
		this.#queue.askAgain(attempt.prepared);
		return true;
	}

	#error(stopped: Stopped | null): GatewayError {
		return failedError({
			failures: this.#failures,
			skipped: this.#queue.skipped,
			plan: this.plan,
			stopped,
			now: this.#ports.isolate.clock(),
			nearest: ({ hold, upstream }) => this.#ports.nearest(hold.principal, upstream.model),
		});
	}

	get #alias(): Alias | null {
		return this.plan?.alias ?? null;
	}

	#left(): number {
		return this.#timed.left(this.#ports.isolate.clock());
	}

	get #timed(): Deadline {
		if (this.#deadline === null) throw new Error("no attempt has begun");
		return this.#deadline;
	}
}

function committed(answer: Answer): Answer {
	answer.source.commit();
	return answer;
}

function isExhausted(error: unknown): boolean {
	return error instanceof SpendRefused && error.error.details.type === "insufficient_quota";
}
