// Sums of usage, and what they may be grouped by.
import type { UsageFigure } from "./rollup-columns";

/** What usage can be told apart by, as the roll-ups name it. */
export const USAGE_GROUPS = {
	team: "team_id",
	key: "key_id",
	app: "app",
	provider: "provider",
	model: "model",
} as const;
export type UsageGroup = keyof typeof USAGE_GROUPS;
type GroupColumn = (typeof USAGE_GROUPS)[UsageGroup];

export const USAGE_INTERVALS = ["hour", "day", "month"] as const;
export type UsageInterval = (typeof USAGE_INTERVALS)[number];

/** What was used in one period by one group. */
export interface UsageSum {
	/** Where the period starts, in milliseconds since the epoch; null without an interval. */
	readonly period: number | null;
	/**
	 * The value of each group in the query; empty where there is none, as for requests that no provider was called for.
	 */
	readonly group: Readonly<Partial<Record<GroupColumn, string>>>;
	/** Tokens, and nano-dollars, which a late correction may make negative. */
	readonly figures: Readonly<Record<UsageFigure, number>>;
	/** Counts by `latencyBucket`; null when not asked for. */
	readonly latency: readonly number[] | null;
	readonly ttft: readonly number[] | null;
}
