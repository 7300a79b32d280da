// The breaker of one cell: how an attempt's outcome changes its state.
import type { FaultKind } from "#core/fault";
import type { CellVerdict } from "#core/health/outcome-table";
import { asOf, type Cell, type Open } from "./cell";
import { afterFailedTrial, DEAD, MAX_WAIT_MS, openTime, remembered, throttleTime } from "./open-time";
import { ended, forgotten, isGranted, NO_TRIALS } from "./trial";
import { tripRule } from "./trip";
import { count, isRepetition, type Witness, withSuccess } from "./window";

/** What an attempt shows about one cell. */
export interface Evidence extends Witness {
	readonly verdict: CellVerdict;
	/** Null for a success. */
	readonly fault: FaultKind | null;
	/** The first content came later than is normal. */
	readonly slow: boolean;
	readonly startedAt: number;
	readonly retryAfterMs: number | null;
	readonly permit: string | null;
}

/** How many trials must succeed in a row. */
const SUCCESSES = 3;

/**
 * The cell after an attempt went through it. An outcome that shows nothing only frees its permit. An open cell counts
 * trials alone; any other, attempts that started since it last recovered.
 */
export function judge(cell: Cell, evidence: Evidence, now: number, random: () => number): Cell {
	const { phase } = asOf(cell, now);
	if (phase.state === "open") {
		return isGranted(phase.trials, evidence.permit) ? afterTrial(cell, phase, evidence, now, random) : cell;
	}
	if (evidence.verdict === "none" || evidence.startedAt < cell.countsFrom) return cell;
	const counted = counting(asOf(cell, now), evidence, now, random);
	if (evidence.verdict === "dead") return dead(counted, evidence, now);
	if (evidence.verdict === "throttled") return counted;
	if (phase.state === "closed") {
		const rule = tripRule(counted.streak, counted.window, now);
		const trips = remembered(cell.trips, now - phase.since) + 1;
		return rule === null ? counted : opened(counted, trips, rule, evidence, now, random);
	}
	return isFailure(evidence) ? opened(counted, cell.trips + 1, "relapse", evidence, now, random) : counted;
}

function isFailure({ verdict }: Evidence): boolean {
	return verdict === "failed" || verdict === "stalled";
}

/** Counts an attempt at a cell that is not open. */
function counting(cell: Cell, evidence: Evidence, now: number, random: () => number): Cell {
	const { window, throttle } = cell;
	switch (evidence.verdict) {
		case "none":
		case "dead":
			return cell;
		case "ok": {
			// A success that was under way when the provider refused does not end the row of refusals.
			const inARow = now < throttle.until ? throttle.inARow : 0;
			const next = count(window, "ok", evidence.slow, evidence, now);
			const successes = withSuccess(cell.successes, evidence, now);
			return { ...cell, streak: 0, throttle: { ...throttle, inARow }, window: next, successes };
		}
		case "throttled":
			return { ...throttled(cell, evidence, now, random), window: count(window, "throttled", false, evidence, now) };
		case "failed":
		case "stalled": {
			if (isRepetition(window, cell.successes, evidence, now)) return cell;
			const next = count(window, "failed", evidence.verdict === "stalled", evidence, now);
			return { ...cell, streak: cell.streak + 1, window: next };
		}
	}
}

function throttled(cell: Cell, { retryAfterMs }: Evidence, now: number, random: () => number): Cell {
	const { until, inARow } = cell.throttle;
	const wait = throttleTime(retryAfterMs, inARow, random);
	return { ...cell, throttle: { until: Math.max(until, now + wait), inARow: inARow + 1 } };
}

/** The open cell after a trial. */
function afterTrial(cell: Cell, before: Open, evidence: Evidence, now: number, random: () => number): Cell {
	const phase = { ...before, trials: ended(before.trials, evidence.permit) };
	switch (evidence.verdict) {
		case "none":
			return { ...cell, phase };
		case "ok": {
			const successes = phase.successes + 1;
			if (successes < SUCCESSES) return { ...cell, phase: { ...phase, successes, until: Math.min(phase.until, now) } };
			const ramping = { state: "ramping" as const, since: now, downSince: phase.downSince };
			return { ...cell, phase: ramping, streak: 0, window: [], countsFrom: now };
		}
		case "throttled": {
			const later = throttled(cell, evidence, now, random);
			return { ...later, phase: { ...phase, until: Math.max(phase.until, later.throttle.until) } };
		}
		case "dead":
			return dead({ ...cell, phase }, evidence, now);
		case "failed":
		case "stalled": {
			// A trial before `until` is a last resort: its failure was expected and lengthens nothing.
			if (now < phase.until) return { ...cell, phase: { ...phase, successes: 0 } };
			const trips = afterFailedTrial(cell.trips, now - phase.downSince);
			return opened({ ...cell, phase }, trips, "trial", evidence, now, random);
		}
	}
}

/** Opens a cell for a time that grows with its trips. */
function opened(cell: Cell, trips: number, why: string, evidence: Evidence, now: number, random: () => number): Cell {
	const requestedMs = Math.min(evidence.retryAfterMs ?? 0, MAX_WAIT_MS);
	const until = now + Math.max(openTime(trips, random), requestedMs);
	const reason = evidence.fault === null ? why : `${why}:${evidence.fault}`;
	return { ...cell, trips, phase: openPhase(cell, { reason, until, dead: false }, now) };
}

/** Opens a cell that stays open until an admin has mended what is wrong, and is tried seldom. */
function dead(cell: Cell, { fault }: Evidence, now: number): Cell {
	return { ...cell, phase: openPhase(cell, { reason: fault ?? "", until: now + DEAD, dead: true }, now) };
}

function openPhase({ phase }: Cell, opening: Pick<Open, "reason" | "until" | "dead">, now: number): Open {
	const downSince = phase.state === "closed" ? now : phase.downSince;
	const trials = phase.state === "open" ? forgotten(phase.trials) : NO_TRIALS;
	return { state: "open", since: now, downSince, successes: 0, trials, ...opening };
}
