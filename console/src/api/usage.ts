// Usage as the API reports it, asked for by screens and added up where they show sums.
import { useQuery } from "@tanstack/react-query";
import { call, type Query } from "~/api/client";
import type { Usage } from "~/api/types";

export type UsageLine = Usage["data"][number];
export const GROUPS = ["team", "key", "app", "provider", "model"] as const;
export type Group = (typeof GROUPS)[number];

const REFRESH_MS = 15_000;

export function useUsage(query: Query) {
	return useQuery({
		queryKey: ["usage", query],
		queryFn: ({ signal }) => call<Usage>("GET", "/admin/usage", { query: { limit: 10_000, ...query }, signal }),
		refetchInterval: REFRESH_MS,
		placeholderData: (before) => before,
	});
}

export interface Sums {
	readonly cost: number;
	readonly requests: number;
	readonly errors: number;
	readonly tokens: number;
	readonly cachedTokens: number;
	readonly inputTokens: number;
}

export function sumsOf(lines: readonly UsageLine[]): Sums {
	const sum = (of: (line: UsageLine) => number) => lines.reduce((total, line) => total + of(line), 0);
	return {
		cost: sum(({ cost }) => Number(cost)),
		requests: sum(({ requests }) => requests),
		errors: sum(({ errors }) => errors),
		tokens: sum(({ input_tokens, output_tokens }) => input_tokens + output_tokens),
		inputTokens: sum(({ input_tokens }) => input_tokens),
		cachedTokens: sum(({ cached_input_tokens }) => cached_input_tokens),
	};
}

/** The id or name by which a line is grouped; null where there is none, as where no provider was called. */
export function groupOf(line: UsageLine, group: Group): string | null {
	return (group === "team" ? line.team_id : group === "key" ? line.key_id : line[group]) ?? null;
}
