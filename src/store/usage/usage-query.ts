// Answers questions about usage, from the roll-ups or, where only it knows, from the log of requests.
import * as v from "valibot";
import type { Scope } from "#core/rights";
import { LATENCY_COLUMNS, TTFT_COLUMNS, USAGE_FIGURES, type UsageFigure } from "#core/usage/rollup-columns";
import { GROUP_COLUMNS, type UsageGroup, type UsageInterval, type UsageSum } from "#core/usage/usage-sum";
import { greatestOf } from "#lib/list";
import { Integer } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";
import { Where } from "#store/d1/where";
import { type LogTerms, loggedCounts } from "./logged-usage";

/** Whose usage to sum; null means all. */
export interface UsageScope {
	readonly teamId: string | null;
	readonly keyId: string | null;
	readonly app: string | null;
	readonly provider: string | null;
	readonly model: string | null;
	/** Whose usage the actor may see; absent where that was decided. */
	readonly within?: Scope;
}

export interface UsageQuestion extends UsageScope {
	readonly groups: readonly UsageGroup[];
	/** Null: over the whole time together. */
	readonly interval: UsageInterval | null;
	/** Milliseconds since the epoch, at the start of an hour, or of a day where `unit` is a day. `to` is not included. */
	readonly from: number;
	readonly to: number;
	/** Which roll-ups answer, or what the log is counted by. */
	readonly unit: "hour" | "day";
	/** What only the log of requests knows of what is asked; absent where the roll-ups answer. */
	readonly log?: LogTerms;
	/** Leaving them out makes the answer several times as fast. */
	readonly histograms: boolean;
	readonly limit: number;
}

const PERIODS: Record<UsageInterval, string> = {
	hour: "period",
	day: "period",
	month: "unixepoch(period / 1000, 'unixepoch', 'start of month') * 1000",
};

/**
 * The first columns of the roll-ups' key: SQLite groups by a prefix of them without sorting rows, which have many
 * columns.
 */
const KEY = ["period", "team_id", "key_id"];

const Row = v.record(v.string(), v.union([v.string(), Integer]));

/**
 * Sums up roll-ups: the earliest period first, and in it what cost most. `more` says that there are more than `limit`.
 */
export function queryUsage(db: D1Database, question: UsageQuestion): Promise<{ sums: UsageSum[]; more: boolean }> {
	const { groups, interval, unit, log, histograms, limit } = question;
	const columns = groups.map((group) => GROUP_COLUMNS[group]);
	const sums = [...USAGE_FIGURES, ...(histograms ? [...LATENCY_COLUMNS, ...TTFT_COLUMNS] : [])]
		.map((name) => `sum(${name}) AS ${name}`)
		.join(", ");
	const period = interval === null ? [] : [`${PERIODS[interval]} AS start`];
	const by = [...(interval === null ? [] : ["start"]), ...columns];
	const where = new Where()
		.and("period >= ?", question.from)
		.and("period < ?", question.to)
		.and("team_id = ?", question.teamId)
		.and("key_id = ?", question.keyId)
		.and("app = ?", question.app)
		.and("provider = ?", question.provider)
		.and("model = ?", question.model)
		.among("team_id", question.within?.teams ?? null)
		.and("key_id IN (SELECT id FROM api_keys WHERE ? IN (owner_id, id))", question.within?.ownerId ?? null)
		.and("end_user = ?", log?.endUser ?? null)
		.and("operation = ?", log?.operation ?? null)
		.and("tag = ?", log?.tagValue ?? null);
	// Without a group there is a row even of nothing.
	const grouping = by.length === 0 ? "HAVING count(*) > 0" : `GROUP BY ${by.join(", ")}`;
	const logged = log === undefined ? null : loggedCounts(question, log);
	const rows = `${logged?.sql ?? (unit === "hour" ? "usage_hourly" : "usage_daily")} ${where.sql}`;
	const first = logged === null ? groupedFirst(interval, columns) : null;
	const source = first === null ? rows : `(SELECT ${first}, ${sums} FROM ${rows} GROUP BY ${first})`;
	const query = `SELECT ${[...period, ...columns, sums].join(", ")} FROM ${source} ${grouping}
		ORDER BY ${interval === null ? "" : "start, "}sum(cost) DESC LIMIT ?`;
	return inDatabase(async () => {
		const { results } = await db
			.prepare(query)
			.bind(...(logged?.values ?? []), ...where.values, limit + 1)
			.all();
		const found = v.parse(v.array(Row), results);
		return { sums: found.slice(0, limit).map((row) => sumOf(row, question)), more: found.length > limit };
	});
}

/**
 * By which columns to group before the groups that are asked for, so that few rows are left to sort; null: not at all.
 */
function groupedFirst(interval: UsageInterval | null, columns: readonly string[]): string | null {
	const needed = [...(interval === null ? [] : ["period"]), ...columns];
	const places = needed.map((column) => KEY.indexOf(column));
	if (places.length === 0 || places.includes(-1)) return null;
	const start = KEY.slice(0, greatestOf(places) + 1);
	// A month is not a column of the key.
	return start.length > needed.length || interval === "month" ? start.join(", ") : null;
}

function sumOf(row: v.InferOutput<typeof Row>, { groups, interval, histograms }: UsageQuestion): UsageSum {
	const number = (name: string) => Number(row[name]);
	return {
		period: interval === null ? null : number("start"),
		group: Object.fromEntries(groups.map((group) => [GROUP_COLUMNS[group], String(row[GROUP_COLUMNS[group]])])),
		figures: Object.fromEntries(USAGE_FIGURES.map((name) => [name, number(name)])) as Record<UsageFigure, number>,
		latency: histograms ? LATENCY_COLUMNS.map(number) : null,
		ttft: histograms ? TTFT_COLUMNS.map(number) : null,
	};
}
