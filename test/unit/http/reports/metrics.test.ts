import { describe, expect, test } from "vitest";
import { LATENCY_BUCKETS, latencyBucket } from "#core/usage/latency-buckets";
import { USAGE_FIGURES, type UsageFigure } from "#core/usage/rollup-columns";
import type { UsageSum } from "#core/usage/usage-sum";
import { backlogMetrics, budgetMetrics, usageMetrics } from "#http/reports/metrics";
import { renderMetrics } from "#http/views/prometheus";

const figures = Object.fromEntries(USAGE_FIGURES.map((name) => [name, 0])) as Record<UsageFigure, number>;
const counts = (...durations: number[]) =>
	Array.from({ length: LATENCY_BUCKETS }, (_, bucket) => durations.filter((ms) => latencyBucket(ms) === bucket).length);

const sum: UsageSum = {
	period: null,
	group: { provider: "openai", model: 'say "hi"\\\n' },
	figures: {
		...figures,
		requests: 10,
		server_errors: 2,
		cancelled: 1,
		cost: 1_500_000_000,
		input_tokens: 70,
		expired: 3,
	},
	latency: counts(5, 500, 500, 9e9),
	ttft: counts(),
};

/** The values of a text in Prometheus' format, by name and labels. Throws at a line that is none. */
function parsed(text: string): Map<string, number> {
	const values = new Map<string, number>();
	for (const line of text.trimEnd().split("\n")) {
		if (/^# (HELP \w+ [^\n]+|TYPE \w+ (counter|gauge|histogram))$/.test(line)) continue;
		const [, name, value] = /^(\w+(?:\{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)*\})?) (\S+)$/.exec(line) ?? [];
		if (name === undefined || Number.isNaN(Number(value))) throw new Error(`not a line of metrics: ${line}`);
		expect(values.has(name)).toBe(false);
		values.set(name, Number(value));
	}
	return values;
}

const MODEL = String.raw`model="say \"hi\"\\\n"`;
const of = (name: string, more = "") => `tollgate_${name}{provider="openai",${MODEL}${more}}`;

describe("metrics", () => {
	const values = parsed(renderMetrics(usageMetrics([sum])));

	test("count requests by outcome, once each", () => {
		expect(values.get(of("requests_total", ',outcome="ok"'))).toBe(7);
		expect(values.get(of("requests_total", ',outcome="server_error"'))).toBe(2);
		const all = [...values].filter(([name]) => name.startsWith("tollgate_requests_total"));
		expect(all.reduce((total, [, value]) => total + value, 0)).toBe(10);
	});

	test("count tokens, money and expired holds", () => {
		expect(values.get(of("tokens_total", ',kind="input"'))).toBe(70);
		expect(values.get(of("cost_usd_total"))).toBe(1.5);
		expect(values.get(of("holds_expired_total"))).toBe(3);
	});

	test("have histograms in seconds, cumulative to the count", () => {
		const buckets = [...values].filter(([name]) => name.startsWith("tollgate_request_duration_seconds_bucket"));
		expect(buckets).toHaveLength(LATENCY_BUCKETS);
		const cumulative = buckets.map(([, value]) => value);
		expect(cumulative).toEqual(cumulative.toSorted((a, b) => a - b));
		expect(values.get(of("request_duration_seconds_bucket", ',le="0.01"'))).toBe(1);
		expect(values.get(of("request_duration_seconds_bucket", ',le="+Inf"'))).toBe(4);
		expect(values.get(of("request_duration_seconds_count"))).toBe(4);
		const below = buckets.findLast(([name]) => Number(/le="([\d.]+)"/.exec(name)?.[1]) < 0.5);
		const above = buckets.find(([name]) => Number(/le="([\d.]+)"/.exec(name)?.[1]) >= 0.5);
		expect([below?.[1], above?.[1]]).toEqual([1, 3]);
	});

	test("leave out what has no value", () => {
		expect(renderMetrics([...usageMetrics([]), ...budgetMetrics([])])).toBe("");
	});

	test("say how long the earliest waits", () => {
		const backlog = {
			dirty: 2,
			owed: 70,
			dirtySince: 1_000,
			oldestRequest: `req_0000000003e8${"0".repeat(20)}`,
			refused: 4,
			alertsDue: 0,
			alertsFailed: 0,
			differences: 1,
		};
		const values = parsed(renderMetrics(backlogMetrics(backlog, 61_000)));
		expect(values.get("tollgate_outbox_objects")).toBe(2);
		expect(values.get("tollgate_outbox_records")).toBe(70);
		expect(values.get("tollgate_outbox_age_seconds")).toBe(60);
		expect(values.get("tollgate_request_log_age_seconds")).toBe(60);
		expect(values.get("tollgate_outbox_refused_entries")).toBe(4);
		expect(values.get("tollgate_reconciliation_differences")).toBe(1);
	});
});
