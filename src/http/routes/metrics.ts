// `GET /metrics` for Prometheus.

import * as v from "valibot";
import { budgetFigures } from "#alerts/budgets";
import type { Circuit } from "#core/health/circuits";
import { hourOf } from "#core/usage/usage-count";
import { circuitsOf } from "#gateway/control/circuits";
import type { Call, Route } from "#http/call";
import { backlogMetrics, budgetMetrics, circuitMetrics, usageMetrics } from "#http/reports/metrics";
import { adminRoute } from "#http/routes/admin/handler";
import { renderMetrics } from "#http/views/prometheus";
import { mapConcurrent } from "#lib/map-concurrent";
import { DAY_MS, HOUR_MS } from "#lib/time";
import { backlogFigures } from "#store/usage/backlog-figures";
import { queryUsage } from "#store/usage/usage-query";

export const metricRoutes: Route[] = [
	adminRoute("GET", "/metrics", "gateway.read", metrics, {
		summary: "Tell Prometheus what the gateway does and how it fares",
		answer: v.string(),
		media: "text/plain",
	}),
];

/** The most pairs of provider and model that are shown, the dearest first. */
const MAX_SERIES = 500;

/** What the gateway does and how it fares, for Prometheus. What an object does not say is left out. */
async function metrics(call: Call): Promise<Response> {
	const { env, receivedAt: now } = call;
	const today = now - (now % DAY_MS);
	const [usage, budgets, circuits, backlog] = await Promise.all([
		queryUsage(env.DB, {
			...{ teamId: null, keyId: null, app: null, provider: null, model: null },
			groups: ["provider", "model"],
			interval: null,
			unit: "day",
			from: today,
			to: today + DAY_MS,
			histograms: true,
			limit: MAX_SERIES,
		}),
		budgetFigures(env, { teamId: null, keyId: null }, hourOf(now) - HOUR_MS),
		circuitsByProvider(call),
		backlogFigures(env.DB, now),
	]);
	const text = renderMetrics([
		...usageMetrics(usage.sums),
		...budgetMetrics(budgets),
		...circuitMetrics(circuits),
		...backlogMetrics(backlog, now),
	]);
	return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } });
}

async function circuitsByProvider(call: Call): Promise<Map<string, readonly Circuit[]>> {
	const { serving } = await call.isolate.providers.current(call);
	const names = [...serving.byName.values()].map(({ name }) => name);
	const cells = await mapConcurrent(names, (name) => circuitsOf(call.env, name));
	return new Map(names.map((name, index) => [name as string, cells[index] ?? []]));
}
