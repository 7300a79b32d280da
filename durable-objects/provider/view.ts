// What isolates and admins see of a cell.
import type { Circuit, ForceDecision } from "#core/health/circuits";
import type { CellHealth } from "#core/health/health";
import { asOf, cellStatus } from "./cell";
import type { KnownCell } from "./known-cells";
import { figures } from "./latency";
import { remembered } from "./open-time";
import { shed, successRate } from "./trip";
import { TRIP_BUCKETS, tally } from "./window";

/** What isolates see. */
export function healthOf({ ref, cell, latency }: KnownCell, decision: ForceDecision | null, now: number): CellHealth {
	const { state, reason, until, share } = cellStatus(cell, now);
	const known = {
		ref,
		successRate: successRate(cell.window, now),
		latency: figures(latency, now),
		cachedShare: latency.cachedShare,
	};
	if (decision === null) {
		return { ...known, forced: null, state, reason, until, share, shed: shed(cell.window, now) };
	}
	const { state: forced } = decision;
	return forced === "open"
		? { ...known, forced, state: "open", reason: "forced", until: decision.until, share: 0, shed: 0 }
		: { ...known, forced, state: "closed", reason: "", until: null, share: 1, shed: 0 };
}

/** What an admin sees. */
export function circuitOf(known: KnownCell, decision: ForceDecision | null, now: number): Circuit {
	const { cell, latency } = known;
	const { phase, trips, streak } = asOf(cell, now);
	const { state, since, reason, until } = cellStatus(cell, now);
	const { ok, failed, throttled, slow } = tally(cell.window, TRIP_BUCKETS, now);
	const pending = phase.state === "open" ? phase.trials.pending : null;
	return {
		health: healthOf(known, decision, now),
		forced: decision,
		byOutcomes: { state, since, reason, until },
		lastMinute: { ok, failed, throttled, slow },
		streak,
		trips: phase.state === "closed" ? remembered(trips, now - phase.since) : trips,
		trial: {
			nextAt: phase.state === "open" ? phase.until : null,
			runsUntil: pending !== null && now < pending.expiresAt ? pending.expiresAt : null,
			successes: phase.state === "open" ? phase.successes : 0,
		},
		usualP95Ms: latency.usualP95Ms,
	};
}
