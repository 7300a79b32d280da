// A circuit as the admin API shows it.
import type { Circuit, ForceDecision } from "#core/health/circuits";
import { instant } from "#http/request/time-fields";

const instantOrNull = (ms: number | null) => (ms === null ? null : instant(ms));

/** One cell as the admin API shows it. */
export function circuitView({ health, forced, byOutcomes, lastMinute, trial, ...rest }: Circuit) {
	const { ref, state, reason, until, share, shed, successRate, latency, cachedShare } = health;
	return {
		object: "circuit",
		credential: ref.credential,
		model: ref.model,
		state,
		since: instant(forced === null ? byOutcomes.since : forced.at),
		reason: reason === "" ? null : reason,
		until: instantOrNull(until),
		share,
		shed,
		forced: forced === null ? null : decisionView(forced),
		by_outcomes: {
			state: byOutcomes.state,
			since: instant(byOutcomes.since),
			reason: byOutcomes.reason === "" ? null : byOutcomes.reason,
			until: instantOrNull(byOutcomes.until),
		},
		last_minute: lastMinute,
		success_rate: successRate,
		failures_in_a_row: rest.streak,
		trips: rest.trips,
		trial: {
			next_at: instantOrNull(trial.nextAt),
			runs_until: instantOrNull(trial.runsUntil),
			successes: trial.successes,
		},
		ttft_ms: { peak: latency.ttftMs, p50: latency.ttftP50Ms, p95: latency.ttftP95Ms, usual_p95: rest.usualP95Ms },
		tokens_per_second: latency.tokensPerSecond,
		cached_share: cachedShare,
	};
}

function decisionView({ cells, state, at, until, author, reason }: ForceDecision) {
	return {
		credential: cells.credential,
		model: cells.model,
		state,
		at: instant(at),
		until: instant(until),
		author,
		reason,
	};
}
