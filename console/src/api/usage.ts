// Usage as the API reports it, asked for by screens and added up where they show sums.
import { useQuery } from "@tanstack/react-query";
import { call, type Query } from "~/api/client";
import { LIVE_MS } from "~/api/live";
import type { Usage } from "~/api/types";
import { sumUsd } from "~/format/usd";

export type UsageLine = Usage["data"][number];
export const GROUPS = ["team", "key", "provider", "model", "app", "end_user", "tag", "operation"] as const;
export type Group = (typeof GROUPS)[number];
/** What only the log of requests tells apart: it is read row by row, and goes back a month at most. */
const LOGGED: readonly string[] = ["end_user", "tag", "operation"] satisfies readonly Group[];

export const MAX_LINES = 10_000;

export function useUsage(query: Query, enabled = true) {
	const logged = `${query.group_by ?? ""}`.split(",").some((group) => LOGGED.includes(group));
	return useQuery({
		queryKey: ["usage", query],
		queryFn: ({ signal }) =>
			call<Usage>("GET", "/admin/usage", { query: { live: !logged, limit: MAX_LINES, ...query }, signal }),
		enabled,
		refetchInterval: logged ? false : LIVE_MS,
	});
}

export function isLogged(group: Group | null): boolean {
	return group !== null && LOGGED.includes(group);
}

export interface Sums {
	/** A decimal string in USD. */
	readonly cost: string;
	/** What providers' caches saved of it, the same. */
	readonly saved: string;
	readonly requests: number;
	readonly errors: number;
	readonly cachedTokens: number;
	readonly inputTokens: number;
	readonly outputTokens: number;
}

export function sumsOf(lines: readonly UsageLine[]): Sums {
	const sum = (of: (line: UsageLine) => number) => lines.reduce((total, line) => total + of(line), 0);
	return {
		cost: sumUsd(lines.map(({ cost }) => cost)),
		saved: sumUsd(lines.map(({ cache_discount }) => cache_discount)),
		requests: sum(({ requests }) => requests),
		errors: sum(({ errors }) => errors),
		inputTokens: sum(({ input_tokens }) => input_tokens),
		outputTokens: sum(({ output_tokens }) => output_tokens),
		cachedTokens: sum(({ cached_input_tokens }) => cached_input_tokens),
	};
}

/** The parameters that ask for the requests of a line, or for its usage; null where it has no name to ask by. */
export function filterOf(line: UsageLine, group: Group, tag: string): Query | null {
	const value = groupOf(line, group);
	if (value === null) return null;
	if (group === "tag") return { tag, tag_value: value };
	return { [group === "team" ? "team_id" : group === "key" ? "key_id" : group]: value };
}

/** The id or name by which a line is grouped; null where there is none, as where no provider was called. */
export function groupOf(line: UsageLine, group: Group): string | null {
	return (group === "team" ? line.team_id : group === "key" ? line.key_id : line[group]) ?? null;
}
