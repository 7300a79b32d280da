// A provider's circuits as the admin API shows them.
import * as v from "valibot";
import type { Circuit, ForceDecision } from "#core/health/circuits";
import type { ProviderName } from "#core/ids";
import type { StoredTransition } from "#store/usage/circuit-history";
import { instant } from "./instant";
import { Instant, type Shown } from "./shown";

const Figure = v.nullable(v.number());
const State = v.picklist(["closed", "throttled", "open", "half_open", "ramping"]);

const DecisionView = v.object({
	credential: v.nullable(v.string()),
	model: v.nullable(v.string()),
	state: v.picklist(["open", "closed", "observe"]),
	at: Instant,
	until: Instant,
	author: v.string(),
	reason: v.string(),
});

export const CircuitView = v.object({
	object: v.literal("circuit"),
	credential: v.nullable(v.string()),
	model: v.nullable(v.string()),
	state: State,
	since: Instant,
	reason: v.nullable(v.string()),
	until: v.nullable(Instant),
	share: v.number(),
	shed: v.number(),
	forced: v.nullable(DecisionView),
	by_outcomes: v.object({
		state: State,
		since: Instant,
		reason: v.nullable(v.string()),
		until: v.nullable(Instant),
	}),
	last_minute: v.object({ ok: v.number(), failed: v.number(), throttled: v.number(), slow: v.number() }),
	success_rate: Figure,
	failures_in_a_row: v.number(),
	trips: v.number(),
	trial: v.object({ next_at: v.nullable(Instant), runs_until: v.nullable(Instant), successes: v.number() }),
	ttft_ms: v.object({ peak: Figure, p50: Figure, p95: Figure, usual_p95: Figure }),
	tokens_per_second: Figure,
	cached_share: Figure,
});

export const CircuitsView = v.object({
	id: v.string(),
	object: v.literal("provider_circuits"),
	circuits: v.pipe(
		v.nullable(v.array(CircuitView)),
		v.description("null when the provider's object does not answer; requests are served as if all were closed then"),
	),
});

export const TransitionView = v.object({
	id: v.string(),
	object: v.literal("circuit.transition"),
	at: Instant,
	credential: v.nullable(v.string()),
	model: v.nullable(v.string()),
	from: v.string(),
	to: v.pipe(
		v.string(),
		v.description("a state, or of an admin's decision forced_open, forced_closed, forced_observe or released"),
	),
	reason: v.nullable(v.string()),
	until: v.nullable(Instant),
});

/** One change of a circuit. */
export function renderTransition(change: StoredTransition): Shown<typeof TransitionView> {
	const { id, at, credential, model, from, to, reason, until } = change;
	return {
		id,
		object: "circuit.transition",
		at: instant(at),
		credential,
		model,
		from,
		to,
		reason: reason === "" ? null : reason,
		until: instant(until),
	};
}

/** `circuits` is null when the provider's object does not answer; requests are served as if all were closed then. */
export function renderCircuits(
	provider: ProviderName,
	circuits: readonly Circuit[] | null,
): Shown<typeof CircuitsView> {
	return { id: provider, object: "provider_circuits", circuits: circuits?.map(renderCircuit) ?? null };
}

function renderCircuit({ health, forced, byOutcomes, lastMinute, trial, ...rest }: Circuit): Shown<typeof CircuitView> {
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

function renderDecision({ cells, state, at, until, author, reason }: ForceDecision): Shown<typeof DecisionView> {
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
