import type { Candidate } from "../router/plan";
import { targetOf } from "../router/policy";
import type { Course, Selection } from "./course";
import { HeldAttempt } from "./held-attempt";
import { type Offer, withinHold } from "./offer";
import type { Ports } from "./ports";
import { SpendRefused, type Ticket } from "./reservation";

/** A hold, and what it was made for. */
interface Booked {
	readonly ticket: Ticket;
	readonly plan: Offer;
}

/** An answer cut shorter than this is of little use, in tokens. */
const USUAL_OUTPUT = 1_000;

/** Gets the holds for a request's attempts, and begins them. */
export class Booking {
	readonly #course: Course;
	readonly #ports: Ports;
	readonly #attempts: HeldAttempt[] = [];
	#holds = 0;
	#insteadOf: string | null = null;

	constructor(course: Course, ports: Ports) {
		this.#course = course;
		this.#ports = ports;
	}

	/** In the order in which they began. */
	get attempts(): readonly HeldAttempt[] {
		return this.#attempts;
	}

	/** Who would have been asked first, had the budget not run low; null when it had not. */
	get insteadOf(): string | null {
		return this.#insteadOf;
	}

	/** Throws what reserving and routing throw, and `NobodyLeft`. */
	async first(): Promise<HeldAttempt> {
		return this.#begin(await this.#bookFirst());
	}

	/** Throws as `first` does. */
	async further(): Promise<HeldAttempt> {
		return this.#begin(await this.#book());
	}

	/** Null when it is not wanted any more by the time that it is held for. Throws as `first` does. */
	async copy(selection: Selection, isWanted: () => boolean): Promise<HeldAttempt | null> {
		const booked = await this.#book(selection);
		if (isWanted()) return this.#begin(booked);
		this.#ports.release(booked.ticket);
		return null;
	}

	#begin({ ticket, plan: offer }: Booked): HeldAttempt {
		this.#course.take(offer, ticket.principal.teamId);
		const attempt = new HeldAttempt(offer, ticket, withinHold(offer, ticket), this.#ports, this.#mayBeRaced);
		this.#attempts.push(attempt);
		return attempt;
	}

	get #mayBeRaced(): boolean {
		return (this.#course.plan?.alias?.hedge ?? null) !== null;
	}

	async #book(selection: Selection | null = null): Promise<Booked> {
		this.#holds++;
		try {
			return await this.#ports.reserve(this.#holds, (principal) => this.#course.next(principal, selection));
		} catch (error) {
			this.#course.giveBack();
			throw error;
		}
	}

	/** For the best candidate; or, when the budget runs low or out, for the model that the alias names instead. */
	async #bookFirst(): Promise<Booked> {
		let dear: Booked;
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
			this.#ports.release(dear.ticket);
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
function runsLow({ ticket, plan: offer }: Booked, above: number): boolean {
	const { tightest } = ticket.standing;
	if (tightest === null) return false;
	const left = tightest.remaining + (ticket.token?.amount ?? 0);
	const { clampedTo } = withinHold(offer, ticket);
	return left < (1 - above) * tightest.budget.limit || (clampedTo !== null && clampedTo < USUAL_OUTPUT);
}
