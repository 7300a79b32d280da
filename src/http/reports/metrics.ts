// The figures of the gateway as Prometheus metrics.
import type { BudgetUse } from "#alerts/conditions";
import type { Circuit } from "#core/health/circuits";
import { timeOfId } from "#core/ids";
import { bucketEnd } from "#core/usage/latency-buckets";
import type { UsageFigure } from "#core/usage/rollup-columns";
import type { UsageSum } from "#core/usage/usage-sum";
import type { Metric, Sample } from "#http/views/prometheus";
import type { BacklogFigures } from "#store/usage/backlog-figures";

const OUTCOMES: readonly (readonly [outcome: string, figure: UsageFigure])[] = [
	["invalid_request_error", "invalid_requests"],
	["permission_error", "permission_errors"],
	["insufficient_quota", "quota_errors"],
	["rate_limit_error", "rate_limit_errors"],
	["server_error", "server_errors"],
	["cancelled", "cancelled"],
];
const TOKENS: readonly (readonly [kind: string, figure: UsageFigure])[] = [
	["input", "input_tokens"],
	["cached_input", "cached_input_tokens"],
	["cache_write", "cache_write_tokens"],
	["output", "output_tokens"],
	["reasoning", "reasoning_tokens"],
];

/** What the current day came to, by provider and model. The counters begin anew with each day in UTC. */
export function usageMetrics(sums: readonly UsageSum[]): Metric[] {
	const each = (samples: (labels: { provider: string; model: string }, sum: UsageSum) => Sample[]): Sample[] =>
		sums.flatMap((sum) => samples({ provider: sum.group.provider ?? "", model: sum.group.model ?? "" }, sum));
	const counter = (name: string, help: string, of: (sum: UsageSum) => number): Metric => ({
		name,
		type: "counter",
		help,
		samples: each((labels, sum) => [{ labels, value: of(sum) }]),
	});
	return [
		{
			name: "tollgate_requests_total",
			type: "counter",
			help: "Requests since midnight UTC where they were served or failed last, by outcome.",
			samples: each((labels, { figures }) => {
				const failed = OUTCOMES.map(([outcome, figure]) => ({
					labels: { ...labels, outcome },
					value: figures[figure],
				}));
				const ok = failed.reduce((left, { value }) => left - value, figures.requests);
				return [{ labels: { ...labels, outcome: "ok" }, value: ok }, ...failed];
			}),
		},
		counter("tollgate_attempts_total", "Calls to providers since midnight UTC.", ({ figures }) => figures.attempts),
		{
			name: "tollgate_tokens_total",
			type: "counter",
			help: "Tokens since midnight UTC; cached_input and cache_write are parts of input, reasoning is one of output.",
			samples: each((labels, { figures }) =>
				TOKENS.map(([kind, figure]) => ({ labels: { ...labels, kind }, value: figures[figure] })),
			),
		},
		counter("tollgate_cost_usd_total", "Cost since midnight UTC.", ({ figures }) => figures.cost / 1e9),
		counter(
			"tollgate_estimated_cost_usd_total",
			"The part of the cost that no provider reported.",
			({ figures }) => figures.estimated_cost / 1e9,
		),
		counter(
			"tollgate_holds_expired_total",
			"Holds that ran out without a word since midnight UTC and are charged in full.",
			({ figures }) => figures.expired,
		),
		counter(
			"tollgate_implausible_usage_total",
			"Attempts since midnight UTC whose reported usage cannot be true; they are charged at their hold.",
			({ figures }) => figures.implausible,
		),
		counter(
			"tollgate_unpriced_attempts_total",
			"Attempts since midnight UTC at models whose price is not known; they are not in the cost.",
			({ figures }) => figures.unpriced,
		),
		histogram(
			"tollgate_request_duration_seconds",
			"How long answers took that did not fail, since midnight UTC.",
			each((labels, { latency }) => bucketSamples(labels, latency)),
		),
		histogram(
			"tollgate_time_to_first_token_seconds",
			"How long the first content of answers took that did not fail, since midnight UTC.",
			each((labels, { ttft }) => bucketSamples(labels, ttft)),
		),
	];
}

function histogram(name: string, help: string, samples: Sample[]): Metric {
	return { name, type: "histogram", help, samples };
}

/** Cumulative, as Prometheus counts. Sums are not kept, so there is no `_sum`. */
function bucketSamples(labels: Record<string, string>, counts: readonly number[] | null): Sample[] {
	if (counts === null) return [];
	let total = 0;
	const buckets = counts.map((count, bucket): Sample => {
		total += count;
		const end = bucketEnd(bucket);
		const le = Number.isFinite(end) ? String(Number((end / 1000).toPrecision(6))) : "+Inf";
		return { labels: { ...labels, le }, value: total, suffix: "_bucket" };
	});
	return [...buckets, { labels, value: total, suffix: "_count" }];
}

/** The state of the budgets that were spent from in this hour or the one before. */
export function budgetMetrics(figures: readonly BudgetUse[]): Metric[] {
	const gauge = (name: string, help: string, value: (figure: BudgetUse) => number): Metric => ({
		name,
		type: "gauge",
		help,
		samples: figures.map((figure) => ({
			labels: { owner: figure.owner, budget: figure.budget.id },
			value: value(figure),
		})),
	});
	return [
		gauge("tollgate_budget_limit_usd", "Limit of a budget's window.", ({ limit }) => limit / 1e9),
		gauge("tollgate_budget_used_usd", "Charged to or held on a budget's window.", ({ used }) => used / 1e9),
		gauge("tollgate_budget_overrun_usd", "Charged beyond what was held.", ({ overrun }) => overrun / 1e9),
	];
}

/** Cells that are not closed; closed ones are only counted. */
export function circuitMetrics(circuits: ReadonlyMap<string, readonly Circuit[]>): Metric[] {
	const all = [...circuits].flatMap(([provider, cells]) => cells.map((cell) => ({ provider, ...cell.health })));
	const shut = all.filter(({ state }) => state !== "closed");
	return [
		{
			name: "tollgate_circuit_cells",
			type: "gauge",
			help: "Cells of a provider that are being watched.",
			samples: [...circuits].map(([provider, cells]) => ({ labels: { provider }, value: cells.length })),
		},
		{
			name: "tollgate_circuit_not_closed",
			type: "gauge",
			help: "A cell that is not closed, by its state; a provider as a whole has neither credential nor model.",
			samples: shut.map(({ provider, ref, state }) => ({
				labels: { provider, credential: ref.credential ?? "", model: ref.model ?? "", state },
				value: 1,
			})),
		},
	];
}

export function backlogMetrics(figures: BacklogFigures, now: number): Metric[] {
	const gauge = (name: string, help: string, value: number): Metric => ({
		name,
		type: "gauge",
		help,
		samples: [{ labels: {}, value }],
	});
	const { dirty, owed, dirtySince, oldestRequest, refused, alertsDue, alertsFailed, differences } = figures;
	return [
		gauge("tollgate_outbox_objects", "Objects that may owe usage to the database.", dirty),
		gauge("tollgate_outbox_records", "Records that they owed when they last said so.", owed),
		gauge(
			"tollgate_outbox_age_seconds",
			"Since when the earliest of them may; up to ten minutes are usual.",
			dirtySince === null ? 0 : Math.max(0, (now - dirtySince) / 1000),
		),
		gauge(
			"tollgate_outbox_refused_entries",
			"Entries of the last day that the database refused, and that their objects keep.",
			refused,
		),
		gauge(
			"tollgate_request_log_age_seconds",
			"How old the oldest request in the log is.",
			Math.max(0, (now - (timeOfId(oldestRequest ?? "") ?? now)) / 1000),
		),
		gauge("tollgate_alerts_due", "Alerts still to be delivered.", alertsDue),
		gauge("tollgate_alerts_failed", "Alerts of the last day that could not be delivered.", alertsFailed),
		gauge(
			"tollgate_reconciliation_differences",
			"Differences found in the last day; more than none is a fault.",
			differences,
		),
	];
}
