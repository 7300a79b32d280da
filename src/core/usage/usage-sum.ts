// Sums of usage, and what they may be grouped by.
import type { UsageFigure } from "./rollup-columns";

/** What usage can be told apart by, as the roll-ups name it. */
const USAGE_GROUPS = {
	team: "team_id",
	key: "key_id",
	app: "app",
	provider: "provider",
	model: "model",
} as const;
type RollupGroup = keyof typeof USAGE_GROUPS;

/** What only the log of requests tells usage apart by; `tag` is the value of one of the callers' own labels. */
const LOG_GROUPS = { end_user: "end_user", tag: "tag", operation: "operation" } as const;
type LogGroup = keyof typeof LOG_GROUPS;

export type UsageGroup = RollupGroup | LogGroup;
export const GROUP_COLUMNS = { ...USAGE_GROUPS, ...LOG_GROUPS } as const;
type GroupColumn = (typeof GROUP_COLUMNS)[UsageGroup];

export function isLogGroup(group: UsageGroup): group is LogGroup {
	return Object.hasOwn(LOG_GROUPS, group);
}

/** The faces of chat; every other face has the name of its operation. */
export const CHAT_FACES: readonly string[] = ["chat", "completions", "messages", "responses"];

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
