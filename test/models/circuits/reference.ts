// The breaker's reference: docs/health.md written as plainly as can be, to be compared with the product's cells.
import type { FaultKind } from "#core/fault";
import type { CellState, Outcome } from "#core/health/health";

/**
 * A provider's cells as docs/health.md describes them, written as plainly as can be: it keeps every event and looks at
 * all of them each time. `random` is the same fraction at every draw, as it is for the product beside it.
 */

const S = 1_000;

export type Part = "provider" | "credential" | "model";
type Word = "good" | "bad" | "late" | "wait" | "broken" | null;

interface Event {
	readonly at: number;
	readonly what: "good" | "bad" | "wait";
	readonly slow: boolean;
	readonly key: string;
	readonly print: string;
}

interface Shut {
	readonly since: number;
	until: number;
	readonly downSince: number;
	readonly broken: boolean;
	goodTrials: number;
	readonly permits: Set<string>;
	running: { id: string; from: number } | null;
}

export class ReferenceCell {
	events: Event[] = [];
	/** What started before counts no more. */
	era = 0;
	/** Something was learnt of it. */
	isKnown = false;
	closedSince: number;
	shut: Shut | null = null;
	ramp: { since: number; downSince: number } | null = null;
	trips = 0;
	lastTrialAt = 0;
	waitUntil = 0;
	waits = 0;

	constructor(
		now: number,
		readonly random: number,
	) {
		this.closedSince = now;
	}

	state(now: number): CellState {
		this.#endRamp(now);
		if (this.shut !== null) return now >= this.shut.until ? "half_open" : "open";
		if (now < this.waitUntil) return "throttled";
		return this.ramp === null ? "closed" : "ramping";
	}

	share(now: number): number {
		const state = this.state(now);
		if (state === "closed") return 1;
		if (state !== "ramping" || this.ramp === null) return 0;
		const elapsed = now - this.ramp.since;
		if (elapsed < 5 * S) return 0.1;
		return elapsed < 10 * S ? 0.25 : 0.5;
	}

	until(now: number): number | null {
		const state = this.state(now);
		if (state === "open") return this.shut?.until ?? null;
		return state === "throttled" ? this.waitUntil : null;
	}

	get streak(): number {
		const counted = this.events.filter(({ what }) => what !== "wait");
		return counted.length - 1 - counted.findLastIndex(({ what }) => what === "good");
	}

	lastMinute(now: number): Event[] {
		return this.events.filter(({ at }) => Math.floor(at / (10 * S)) > Math.floor(now / (10 * S)) - 6);
	}

	/** How likely an attempt is better sent elsewhere. */
	shed(now: number): number {
		const recent = this.events.filter(({ at }) => Math.floor(at / (10 * S)) > Math.floor(now / (10 * S)) - 12);
		const bads = recent.filter(({ what }) => what === "bad");
		const requests = isOneKeys(bads, recent) ? recent.length - bads.length : recent.length;
		const goods = recent.filter(({ what }) => what === "good").length;
		return requests < 10 ? 0 : Math.max(0, (requests - 2 * goods) / (requests + 1));
	}

	permits(permit: string | null): boolean {
		return permit !== null && (this.shut?.permits.has(permit) ?? false);
	}

	hear(word: Word, slow: boolean, outcome: Outcome, now: number): void {
		this.#endRamp(now);
		const { permit } = outcome;
		if (this.shut !== null) {
			if (this.permits(permit)) this.#hearTrial(this.shut, word, outcome, now);
			return;
		}
		if (word === null || outcome.startedAt < this.era) return;
		this.isKnown = true;
		if (word === "broken") {
			this.#breakDown(now);
			return;
		}
		const by = { at: now, key: outcome.keyId as string, print: outcome.fingerprint };
		if (word === "wait") {
			this.events.push({ ...by, what: "wait", slow: false });
			this.#wait(outcome, now);
			return;
		}
		if (word === "good") {
			this.events.push({ ...by, what: "good", slow });
			if (now >= this.waitUntil) this.waits = 0;
		} else {
			const recent = this.lastMinute(now);
			const first = recent.find(({ what, print }) => what === "bad" && print === by.print);
			const others = this.events.filter(({ what, key }) => what === "good" && key !== by.key);
			if (first === undefined || !others.some(({ at }) => at > first.at))
				this.events.push({ ...by, what: "bad", slow: word === "late" });
			if (this.ramp !== null) {
				this.trips += 1;
				this.#shutFor(outcome, now);
				return;
			}
		}
		if (this.ramp === null && this.#trips(now)) {
			this.trips = Math.max(0, this.trips - Math.floor((now - this.closedSince) / (60 * S))) + 1;
			this.#shutFor(outcome, now);
		}
	}

	/** Whether a trial may start; starts none. */
	mayTry(panic: boolean, now: number): boolean {
		const { shut } = this;
		if (shut === null) return true;
		if (shut.running !== null && now < shut.running.from + 30 * S) return false;
		return now >= shut.until || (panic && now - this.lastTrialAt >= (shut.broken ? 30 * S : 1 * S));
	}

	try(id: string, now: number): void {
		if (this.shut === null) return;
		this.shut.permits.add(id);
		this.shut.running = { id, from: now };
		this.lastTrialAt = now;
	}

	/** The trial under that permit still runs. */
	renew(id: string, now: number): void {
		if (this.shut?.running?.id === id) this.shut.running.from = now;
	}

	#trips(now: number): boolean {
		const recent = this.lastMinute(now);
		const goods = recent.filter(({ what }) => what === "good").length;
		const bads = recent.filter(({ what }) => what === "bad");
		const slows = recent.filter(({ slow }) => slow);
		if (bads.length > 0 && !isOneKeys(bads, recent)) {
			if (this.streak >= 5) return true;
			if (recent.length >= 20 && bads.length * 2 >= bads.length + goods) return true;
		}
		const judged = bads.length + goods;
		return !isOneKeys(slows, recent) && judged >= 20 && slows.length * 5 >= judged * 4;
	}

	#hearTrial(shut: Shut, word: Word, outcome: Outcome, now: number): void {
		if (shut.running?.id === outcome.permit) shut.running = null;
		switch (word) {
			case null:
				return;
			case "good":
				shut.goodTrials += 1;
				shut.until = Math.min(shut.until, now);
				if (shut.goodTrials < 3) return;
				this.shut = null;
				this.ramp = { since: now, downSince: shut.downSince };
				this.events = [];
				this.era = now;
				return;
			case "wait":
				this.#wait(outcome, now);
				shut.until = Math.max(shut.until, this.waitUntil);
				return;
			case "broken":
				this.#breakDown(now);
				return;
			case "bad":
			case "late":
				if (now < shut.until) {
					shut.goodTrials = 0;
					return;
				}
				if (now - shut.downSince >= 60 * S) this.trips += 1;
				this.#shutFor(outcome, now);
		}
	}

	#endRamp(now: number): void {
		if (this.ramp === null || now < this.ramp.since + 15 * S) return;
		this.closedSince = this.ramp.since + 15 * S;
		this.ramp = null;
	}

	#wait({ retryAfterMs }: Outcome, now: number): void {
		const backOff = Math.floor(this.random * Math.min(60 * S, S * 2 ** this.waits));
		const wait = retryAfterMs === null ? backOff : Math.min(retryAfterMs, 900 * S);
		this.waitUntil = Math.max(this.waitUntil, now + wait);
		this.waits += 1;
	}

	#shutFor({ retryAfterMs }: Outcome, now: number): void {
		const whole = Math.min(300 * S, Math.max(10 * S, 10 * S * 2 ** (this.trips - 1)));
		const asked = Math.min(retryAfterMs ?? 0, 900 * S);
		this.#open(now + Math.max(Math.floor(whole / 2 + (this.random * whole) / 2), asked), false, now);
	}

	#breakDown(now: number): void {
		this.#open(now + 1800 * S, true, now);
	}

	#open(until: number, broken: boolean, now: number): void {
		const downSince = this.shut?.downSince ?? this.ramp?.downSince ?? now;
		// How often it was tried is forgotten with the outage, not with a failed trial.
		if (this.shut === null) this.lastTrialAt = 0;
		this.shut = { since: now, until, downSince, broken, goodTrials: 0, permits: new Set(), running: null };
		this.ramp = null;
	}
}

/** Whether troubles are one key's at most, though others had traffic. */
function isOneKeys(troubles: Event[], all: Event[]): boolean {
	const keys = (events: Event[]) => new Set(events.map(({ key }) => key)).size;
	return keys(all) >= 2 && keys(troubles) < 2;
}

/** What a fault says of a cell, as the table in docs/health.md has it. */
export function wordOn(part: Part, outcome: Outcome): Word {
	const { result, fault, limits, midstream, retryAfterMs } = outcome;
	if (result === "ignored") return null;
	if (result === "ok") return "good";
	const callers: (FaultKind | null)[] = [
		null,
		"bad_request",
		"history",
		"context_length",
		"content_policy",
		"too_large",
	];
	if (callers.includes(fault)) return null;
	if (part === "provider") return fault === "connect" ? "bad" : fault === "timeout" ? null : "good";
	const isAccount = fault === "credential" || fault === "vendor_quota";
	if (part === "credential") {
		if (isAccount) return "broken";
		if (fault !== "rate_limited" || limits !== "account") return null;
		return retryAfterMs !== null && retryAfterMs > 900 * S ? "broken" : "wait";
	}
	if (isAccount) return null;
	if (fault === "rate_limited") return "wait";
	return fault === "timeout" && !midstream ? "late" : "bad";
}
