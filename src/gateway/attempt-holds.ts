import type { Candidate } from "../router/plan";
import { targetOf } from "../router/policy";
import { Attempt } from "./attempt";
import type { CandidateQueue, Selection } from "./candidate-queue";
import type { Ports } from "./ports";
import { type PreparedAttempt, withinHold } from "./prepared-attempt";
import { type Hold, SpendRefused } from "./reservation";

/** A hold, and what it was made for. */
interface HeldAttempt {
	readonly hold: Hold;
	readonly plan: PreparedAttempt;
}

/** An answer cut shorter than this is of little use, in tokens. */
const USUAL_OUTPUT = 1_000;

/** Gets the holds for a request's attempts, and begins them. */
export class AttemptHolds {
	readonly #course: CandidateQueue;
	readonly #ports: Ports;
	readonly #attempts: Attempt[] = [];
	#holds = 0;
	#insteadOf: string | null = null;

	constructor(course: CandidateQueue, ports: Ports) {
		this.#course = course;
		this.#ports = ports;
	}

	/** In the order in which they began. */
	get attempts(): readonly Attempt[] {
		return this.#attempts;
	}

	/** Who would have been asked first, had the budget not run low; null when it had not. */
	get insteadOf(): string | null {
		return this.#insteadOf;
	}

	/** Throws what reserving and routing throw, and `NoCandidateLeft`. */
	async first(): Promise<Attempt> {
		return this.#begin(await this.#bookFirst());
	}

	/** Throws as `first` does. */
	async further(): Promise<Attempt> {
		return this.#begin(await this.#book());
	}

	/** Null when it is not wanted any more by the time that it is held for. Throws as `first` does. */
	async copy(selection: Selection, isWanted: () => boolean): Promise<Attempt | null> {
		const booked = await this.#book(selection);
		if (isWanted()) return this.#begin(booked);
		this.#ports.release(booked.hold);
		return null;
	}

	#begin({ hold, plan: prepared }: HeldAttempt): Attempt {
		this.#course.take(prepared, hold.principal.teamId);
		const attempt = new Attempt(prepared, hold, withinHold(prepared, hold), this.#ports, this.#mayBeRaced);
		this.#attempts.push(attempt);
		return attempt;
	}

	get #mayBeRaced(): boolean {
		return (this.#course.plan?.alias?.hedge ?? null) !== null;
	}

	async #book(selection: Selection | null = null): Promise<HeldAttempt> {
		this.#holds++;
		try {
			return await this.#ports.reserve(this.#holds, (principal) => this.#course.next(principal, selection));
		} catch (error) {
			this.#course.giveBack();
			throw error;
		}
	}

	/** For the best candidate; or, when the budget runs low or out, for the model that the alias names instead. */
	async #bookFirst(): Promise<HeldAttempt> {
		let dear: HeldAttempt;
		try {
			dear = await this.#book();
		} catch (error) {
			if (!isExhausted(error) || (await this.#preferCheaper()) === null) throw error;
			return this.#book();
		}
		const above = this.#course.plan?.alias?.downgrade?.above;
		// A trial is not given up for money: the permit would be lost.
		if (above === undefined || dear.plan.permit !== null || !runsLow(dear, above)) return dear;
		const preferred = await this.#preferCheaper();
		if (preferred === null) return dear;
		try {
			const cheap = await this.#book();
			this.#ports.release(dear.hold);
			return cheap;
		} catch (error) {
			if (!(error instanceof SpendRefused)) throw error;
			this.#insteadOf = null;
			return dear;
		}
	}

	/** Puts the cheaper model of the alias first; null when there is none, or it is first already. */
	async #preferCheaper(): Promise<Candidate | null> {
		const downgrade = this.#course.plan?.alias?.downgrade ?? null;
		const passed = downgrade === null ? null : await this.#course.preferInstead(downgrade.model);
		if (passed !== null) this.#insteadOf = targetOf(passed.model);
		return passed;
	}
}

function isExhausted(error: unknown): boolean {
	return error instanceof SpendRefused && error.error.details.type === "insufficient_quota";
}

/** Whether the tightest budget has less left than the alias wants, this hold not counted, or affords a short answer only. */
function runsLow({ hold, plan: prepared }: HeldAttempt, above: number): boolean {
	const { tightest } = hold.limits;
	if (tightest === null) return false;
	const left = tightest.remaining + (hold.token?.amount ?? 0);
	const { clampedTo } = withinHold(prepared, hold);
	return left < (1 - above) * tightest.budget.limit || (clampedTo !== null && clampedTo < USUAL_OUTPUT);
}
