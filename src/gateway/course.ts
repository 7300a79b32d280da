import type { Model } from "../catalog/model";
import { GatewayError } from "../core/errors";
import type { TrialPermit } from "../core/health";
import type { TeamId } from "../core/ids";
import type { KeyPolicy } from "../core/policy";
import type { Principal } from "../core/principal";
import type { Candidate, RoutePlan } from "../router/plan";
import { targetOf } from "../router/policy";
import { tierOf } from "../router/score";
import { type Job, type Offer, offerAt } from "./offer";
import type { Ports } from "./ports";
import { retryBudgets } from "./retry-budget";

/** Why a candidate was passed over without being asked. */
export interface PassedOver {
	/** As `provider/model`. */
	readonly target: string;
	/** `retry_budget`, `trial_under_way`, `weaker`, or the code of the error with which the request cannot be put to it. */
	readonly reason: string;
}

/** Nobody who could serve is left. `error` says why of the first that was passed over for what was asked of it. */
export class NobodyLeft extends Error {
	readonly error: GatewayError | null;

	constructor(error: GatewayError | null) {
		super("nobody is left who could serve");
		this.name = "NobodyLeft";
		this.error = error;
	}
}

/** Who is asked next: the way of one request through the candidates of its plan. Nobody is asked twice. */
export class Course {
	readonly #job: Job;
	readonly #ports: Ports;
	readonly #asked = new Set<string>();
	readonly #passedOver = new Map<string, PassedOver>();
	#plan: { readonly of: RoutePlan; readonly under: KeyPolicy } | null = null;
	#attempts = 0;
	/** Granted for an offer that has not become an attempt yet. */
	#permit: { readonly candidate: Candidate; readonly permit: TrialPermit } | null = null;

	constructor(job: Job, ports: Ports) {
		this.#job = job;
		this.#ports = ports;
	}

	/** Null until the first offer was made. */
	get plan(): RoutePlan | null {
		return this.#plan?.of ?? null;
	}

	get passedOver(): readonly PassedOver[] {
		return [...this.#passedOver.values()];
	}

	/** Whether only one was asked until now. */
	get isAlone(): boolean {
		return this.#asked.size === 1;
	}

	/** Whether somebody is left who was neither asked nor passed over. */
	get hasNext(): boolean {
		return this.plan?.candidates.some((candidate) => !this.#isOut(candidate)) ?? true;
	}

	/**
	 * The best offer of those who are left, under a principal's policy; the plan is made anew when the policy has changed.
	 * Throws `NobodyLeft`, and what routing throws.
	 */
	async next(principal: Principal): Promise<Offer> {
		this.giveBack();
		if (this.#plan === null || this.#plan.under !== principal.policy) {
			this.#plan = { of: await this.#ports.route(principal), under: principal.policy };
		}
		let error: GatewayError | null = null;
		for (const candidate of this.#plan.of.candidates) {
			if (this.#isOut(candidate)) continue;
			if (this.#attempts > 0 && !retryBudgets.allows(principal.teamId, candidate.model.provider, Date.now())) {
				this.#passOver(candidate, "retry_budget");
				continue;
			}
			let offer: Offer;
			try {
				offer = offerAt(this.#job, candidate, this.#ports.providers);
			} catch (cause) {
				if (!(cause instanceof GatewayError)) throw cause;
				error ??= cause;
				this.#passOver(candidate, cause.details.code);
				continue;
			}
			if (!candidate.needsTrial) return offer;
			const permit = await this.#ports.trial(candidate);
			if (permit !== null) {
				this.#permit = { candidate, permit };
				return { ...offer, permit };
			}
			this.#passOver(candidate, "trial_under_way");
		}
		throw new NobodyLeft(error);
	}

	/** The offer becomes an attempt for a team. */
	take({ candidate }: Offer, team: TeamId): void {
		const { provider } = candidate.model;
		if (this.#attempts++ === 0) retryBudgets.firstBegan(team, provider);
		else retryBudgets.furtherBegan(team, provider, Date.now());
		this.#permit = null;
		this.#asked.add(nameOf(candidate));
	}

	/** One that was asked may be asked once more, because there is nobody else and it said when to come back. */
	askAgain({ candidate }: Offer): void {
		this.#asked.delete(nameOf(candidate));
	}

	/** Those that are known to be weaker than a model are not asked any more. */
	passOverWeaker(than: Model): void {
		for (const candidate of this.plan?.candidates ?? []) {
			const isWeaker = tierOf(candidate.model, "general") < tierOf(than, "general");
			if (isWeaker && !this.#isOut(candidate)) this.#passOver(candidate, "weaker");
		}
	}

	/** An offer came to nothing: whoever waits to try its cell may. */
	giveBack(): void {
		if (this.#permit === null) return;
		const { candidate, permit } = this.#permit;
		this.#permit = null;
		this.#ports.returnTrial(candidate, permit);
	}

	#isOut(candidate: Candidate): boolean {
		const name = nameOf(candidate);
		return this.#asked.has(name) || this.#passedOver.has(name);
	}

	#passOver(candidate: Candidate, reason: string): void {
		this.#passedOver.set(nameOf(candidate), { target: targetOf(candidate.model), reason });
	}
}

function nameOf(candidate: Candidate): string {
	return `${candidate.credential} ${targetOf(candidate.model)}`;
}
