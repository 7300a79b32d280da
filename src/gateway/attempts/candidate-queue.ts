/** Which candidate is asked next: the way of one request through the candidates of its plan. */

import type { Model } from "#catalog/model";
import { GatewayError } from "#core/errors";
import type { TrialPermit } from "#core/health/health";
import type { ProviderName, TeamId } from "#core/ids";
import type { Principal } from "#core/key/principal";
import { MAX_WAIT_FOR_TARGET_MS } from "#core/request-limits";
import { cutOff } from "#gateway/upstream/fault-error";
import { leastOf } from "#lib/list";
import { sleep } from "#lib/sleep";
import { targetOf } from "#router/models/model-access";
import type { Candidate, RoutePlan } from "#router/plan";
import { tierOf } from "#router/ranking/score";
import type { Ports } from "./ports";
import { type PreparedAttempt, prepareAttempt, type RequestJob } from "./prepared-attempt";
import type { TimeLimits } from "./time-limits";

/** Why a candidate was passed over without being asked. */
export interface SkippedCandidate {
	/** As `provider/model`. */
	readonly target: string;
	/**
	 * `retry_budget`, `trial_under_way`, `throttled`, `weaker`, or the code of the error with which the request cannot be
	 * put to it.
	 */
	readonly reason: string;
}

/**
 * No candidate is left. `error` is that of the first candidate that cannot honour the request; null when there is none.
 */
export class NoCandidateLeft extends Error {
	readonly error: GatewayError | null;

	constructor(error: GatewayError | null) {
		super("no candidate is left");
		this.name = "NoCandidateLeft";
		this.error = error;
	}
}

/** What is asked of a further attempt beyond its turn. */
export interface Selection {
	/** Not at this provider. */
	readonly notAt: ProviderName;
	readonly suits: (prepared: PreparedAttempt) => boolean;
}

/** Hands out the candidates of a request's plan, best first, each once. */
export class CandidateQueue {
	readonly #job: RequestJob;
	readonly #ports: Ports;
	readonly #tried = new Set<string>();
	readonly #skipped = new Map<string, SkippedCandidate>();
	#plan: { readonly of: RoutePlan; readonly under: Principal } | null = null;
	/** The model to be asked first, whatever the plan says. */
	#preferred: string | null = null;
	readonly #patience: number;
	#attempts = 0;
	/** Granted for a prepared attempt that has not begun yet. */
	#permit: { readonly candidate: Candidate; readonly permit: TrialPermit } | null = null;

	constructor(job: RequestJob, { totalMs, beginMs }: TimeLimits, ports: Ports) {
		this.#job = job;
		const longest = MAX_WAIT_FOR_TARGET_MS;
		this.#patience = Math.min(totalMs ?? longest, beginMs ?? longest, longest);
		this.#ports = ports;
	}

	/** Null until the request was routed. */
	get plan(): RoutePlan | null {
		return this.#plan?.of ?? null;
	}

	get skipped(): readonly SkippedCandidate[] {
		return [...this.#skipped.values()];
	}

	/** Whether only one was asked until now. */
	get isAlone(): boolean {
		return this.#tried.size === 1;
	}

	/** Whether a candidate is left that was neither asked nor passed over. */
	get hasNext(): boolean {
		return this.plan?.candidates.some((candidate) => !this.#isOut(candidate)) ?? true;
	}

	/** Whether one of those can be counted on: a trial may be refused. */
	get isCovered(): boolean {
		return this.plan?.candidates.some((candidate) => !candidate.needsTrial && !this.#isOut(candidate)) ?? true;
	}

	/**
	 * An attempt prepared for the best candidate that is left, under a principal's policy; the plan is made anew when the
	 * policy has changed. Throws `NoCandidateLeft`, and what routing throws.
	 */
	async next(principal: Principal, selection: Selection | null = null): Promise<PreparedAttempt> {
		this.giveBack();
		if (this.#plan === null || this.#plan.under.policy !== principal.policy) {
			this.#plan = { of: await this.#planned(principal), under: principal };
		}
		const { clock, retryBudgets } = this.#ports.isolate;
		let error: GatewayError | null = null;
		for (const candidate of this.#plan.of.candidates) {
			if (this.#isOut(candidate) || isAside(candidate, selection)) continue;
			if (this.#attempts > 0 && !retryBudgets.allows(principal.teamId, candidate.model.provider, clock())) {
				this.#passOver(candidate, "retry_budget");
				continue;
			}
			let prepared: PreparedAttempt;
			try {
				prepared = prepareAttempt(
					this.#job,
					candidate,
					this.#ports.providers,
					principal.policy,
					this.#ports.cacheMarks(candidate),
				);
			} catch (cause) {
				if (!(cause instanceof GatewayError)) throw cause;
				error ??= cause;
				this.#passOver(candidate, cause.details.code);
				continue;
			}
			if (selection !== null && !selection.suits(prepared)) continue;
			if (!candidate.needsTrial) {
				if (candidate.shutUntil === null) return prepared;
				// The only candidate is throttled: the gateway waits until the time that it named.
				if (await this.#hasWaitedUntil(candidate.shutUntil)) return prepared;
				this.#passOver(candidate, "throttled");
				continue;
			}
			const permit = await this.#ports.trial(candidate);
			if (permit !== null) {
				this.#permit = { candidate, permit };
				return { ...prepared, permit };
			}
			this.#passOver(candidate, "trial_under_way");
		}
		throw new NoCandidateLeft(error);
	}

	/**
	 * Whether it was waited until the first of those that may not be tried yet may be tried, if that is soon: there is a
	 * new plan to be made then.
	 */
	async hasReopened(): Promise<boolean> {
		const reopenings = (this.plan?.candidates ?? []).flatMap(({ shutUntil }) => shutUntil ?? []);
		if (reopenings.length === 0 || !(await this.#hasWaitedUntil(leastOf(reopenings)))) return false;
		this.#plan = null;
		this.#skipped.clear();
		return true;
	}

	/** The prepared attempt begins, for a team. */
	take({ candidate }: PreparedAttempt, team: TeamId): void {
		const { provider } = candidate.model;
		const { clock, retryBudgets } = this.#ports.isolate;
		if (this.#attempts++ === 0) retryBudgets.firstBegan(team, provider);
		else retryBudgets.furtherBegan(team, provider, clock());
		this.#permit = null;
		this.#tried.add(nameOf(candidate));
	}

	/** The only candidate may be called once more, because it named the time to come back. */
	askAgain({ candidate }: PreparedAttempt): void {
		this.#tried.delete(nameOf(candidate));
	}

	/**
	 * Has a model asked before all others. Returns the candidate whose turn it was; null when the model can not serve, or
	 * its turn it was already.
	 */
	async preferInstead(model: string): Promise<Candidate | null> {
		if (this.#plan === null) return null;
		const { of: plan, under } = this.#plan;
		const [before] = plan.candidates;
		this.#preferred = model;
		const preferring = await this.#planned(under);
		const [after] = preferring.candidates;
		if (before === undefined || after === undefined || nameOf(before) === nameOf(after)) {
			this.#preferred = null;
			return null;
		}
		this.#plan = { of: preferring, under };
		return before;
	}

	/** Candidates that are known to be weaker than a model are not asked any more. */
	passOverWeaker(than: Model): void {
		for (const candidate of this.plan?.candidates ?? []) {
			const isWeaker = tierOf(candidate.model, "general") < tierOf(than, "general");
			if (isWeaker && !this.#isOut(candidate)) this.#passOver(candidate, "weaker");
		}
	}

	/** A prepared attempt came to nothing: its trial permit goes back, so that another request may try the cell. */
	giveBack(): void {
		if (this.#permit === null) return;
		const { candidate, permit } = this.#permit;
		this.#permit = null;
		this.#ports.returnTrial(candidate, permit);
	}

	/** False, at once, when that is longer than the caller's time limit or than any request may wait. */
	async #hasWaitedUntil(at: number): Promise<boolean> {
		const wait = at - this.#ports.isolate.clock();
		if (wait > this.#patience) return false;
		if (wait <= 0) return true;
		const { caller } = this.#job;
		await sleep(wait, caller);
		if (caller.aborted) throw cutOff(caller);
		return true;
	}

	async #planned(principal: Principal): Promise<RoutePlan> {
		const plan = await this.#ports.route(principal, null);
		if (this.#preferred === null) return plan;
		try {
			const { candidates, excluded } = await this.#ports.route(principal, this.#preferred);
			const names = new Set(candidates.map(nameOf));
			const others = plan.candidates.filter((candidate) => !names.has(nameOf(candidate)));
			return { ...plan, candidates: [...candidates, ...others], excluded: [...plan.excluded, ...excluded] };
		} catch (error) {
			// It is gone, shut, or not for this key: then the plan stands.
			if (error instanceof GatewayError) return plan;
			throw error;
		}
	}

	#isOut(candidate: Candidate): boolean {
		const name = nameOf(candidate);
		return this.#tried.has(name) || this.#skipped.has(name);
	}

	#passOver(candidate: Candidate, reason: string): void {
		this.#skipped.set(nameOf(candidate), { target: targetOf(candidate.model), reason });
	}
}

/** A cell that is half open is tried by an attempt in its turn only. */
function isAside({ model, needsTrial }: Candidate, selection: Selection | null): boolean {
	return selection !== null && (needsTrial || model.provider === selection.notAt);
}

function nameOf(candidate: Candidate): string {
	return `${candidate.credential} ${targetOf(candidate.model)}`;
}
