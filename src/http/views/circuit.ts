// A provider's circuits as the admin API shows them.
import type { Circuit, ForceDecision } from "#core/health/circuits";
import type { ProviderName } from "#core/ids";
import { instant } from "./instant";

/** `circuits` is null when the provider's object does not answer; requests are served as if all were closed then. */
export function renderCircuits(provider: ProviderName, circuits: readonly Circuit[] | null) {
	return { id: provider, object: "provider_circuits", circuits: circuits?.map(renderCircuit) ?? null };
}

function renderCircuit({ health, forced, byOutcomes, lastMinute, trial, ...rest }: Circuit) {
	const { ref, state, reason, until, share, shed, successRate, latency, cachedShare } = health;
	return {
		object: "circuit",
		credential: ref.credential,
		model: ref.model,
		state,
		since: instant(forced === null ? byOutcomes.since : forced.at),
		reason: reason === "" ? null : reason,
		until: instant(until),
		share,
		shed,
		forced: forced === null ? null : renderDecision(forced),
		by_outcomes: {
			state: byOutcomes.state,
			since: instant(byOutcomes.since),
			reason: byOutcomes.reason === "" ? null : byOutcomes.reason,
			until: instant(byOutcomes.until),
		},
		last_minute: lastMinute,
		success_rate: successRate,
		failures_in_a_row: rest.streak,
		trips: rest.trips,
		trial: {
			next_at: instant(trial.nextAt),
			runs_until: instant(trial.runsUntil),
			successes: trial.successes,
		},
		ttft_ms: { peak: latency.ttftMs, p50: latency.ttftP50Ms, p95: latency.ttftP95Ms, usual_p95: rest.usualP95Ms },
		tokens_per_second: latency.tokensPerSecond,
		cached_share: cachedShare,
	};
}

function renderDecision({ cells, state, at, until, author, reason }: ForceDecision) {
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
