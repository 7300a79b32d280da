import * as v from "valibot";
import { LATENCY_BUCKETS } from "../core/latency-buckets";
import {
	USAGE_FIGURES,
	USAGE_GROUPS,
	type UsageFigure,
	type UsageGroup,
	type UsageInterval,
	type UsageSum,
} from "../core/usage-sum";
import { Instant } from "./key-schemas";
import { registry } from "./registry";
import { Where } from "./where";

/** Whose usage is meant; null means anybody's. */
export interface UsageScope {
	readonly teamId: string | null;
	readonly keyId: string | null;
	readonly app: string | null;
	readonly provider: string | null;
	readonly model: string | null;
}

export interface UsageQuestion extends UsageScope {
	readonly groups: readonly UsageGroup[];
	/** Null: over the whole time together. */
	readonly interval: UsageInterval | null;
	/** Milliseconds since the epoch, at the start of an hour, or of a day where `unit` is a day. `to` is not included. */
	readonly from: number;
	readonly to: number;
	/** Which roll-ups answer. */
	readonly unit: "hour" | "day";
	/** Leaving them out makes the answer several times as fast. */
	readonly histograms: boolean;
	readonly limit: number;
}

const buckets = (name: "latency" | "ttft"): string[] =>
	Array.from({ length: LATENCY_BUCKETS }, (_, bucket) => `${name}_${String(bucket).padStart(2, "0")}`);
const LATENCY = buckets("latency");
const TTFT = buckets("ttft");

const PERIODS: Record<UsageInterval, string> = {
	hour: "period",
	day: "period",
	month: "unixepoch(period / 1000, 'unixepoch', 'start of month') * 1000",
};

const Row = v.record(v.string(), v.union([v.string(), Instant]));

/** Sums up roll-ups: the earliest period first, and in it what cost most. `more` says that there are more than `limit`. */
export function queryUsage(db: D1Database, question: UsageQuestion): Promise<{ sums: UsageSum[]; more: boolean }> {
	const { groups, interval, unit, histograms, limit } = question;
	const columns = groups.map((group) => USAGE_GROUPS[group]);
	const sums = [...USAGE_FIGURES, ...(histograms ? [...LATENCY, ...TTFT] : [])].map(
		(name) => `sum(${name}) AS ${name}`,
	);
	const period = interval === null ? [] : [`${PERIODS[interval]} AS start`];
	const by = [...(interval === null ? [] : ["start"]), ...columns];
	const where = new Where()
		.and("period >= ?", question.from)
		.and("period < ?", question.to)
		.and("team_id = ?", question.teamId)
		.and("key_id = ?", question.keyId)
		.and("app = ?", question.app)
		.and("provider = ?", question.provider)
		.and("model = ?", question.model);
	// Without a group there is a row even of nothing.
	const grouping = by.length === 0 ? "HAVING count(*) > 0" : `GROUP BY ${by.join(", ")}`;
	const query = `SELECT ${[...period, ...columns, ...sums].join(", ")}
		FROM ${unit === "hour" ? "usage_hourly" : "usage_daily"} ${where.sql} ${grouping}
		ORDER BY ${interval === null ? "" : "start, "}sum(cost) DESC LIMIT ?`;
	return registry(async () => {
		const { results } = await db
			.prepare(query)
			.bind(...where.values, limit + 1)
			.all();
		const rows = v.parse(v.array(Row), results);
		return { sums: rows.slice(0, limit).map((row) => sumOf(row, question)), more: rows.length > limit };
	});
}

function sumOf(row: v.InferOutput<typeof Row>, { groups, interval, histograms }: UsageQuestion): UsageSum {
	const number = (name: string) => Number(row[name]);
	return {
		period: interval === null ? null : number("start"),
		group: Object.fromEntries(groups.map((group) => [USAGE_GROUPS[group], String(row[USAGE_GROUPS[group]])])),
		figures: Object.fromEntries(USAGE_FIGURES.map((name) => [name, number(name)])) as Record<UsageFigure, number>,
		latency: histograms ? LATENCY.map(number) : null,
		ttft: histograms ? TTFT.map(number) : null,
	};
}
