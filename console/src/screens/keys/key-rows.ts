// Keys with what they spent and when they were last used, and the views by which an admin looks after them.
import { useQuery } from "@tanstack/react-query";
import { call } from "~/api/client";
import { useKeys } from "~/api/names";
import type { Key, Usage } from "~/api/types";

const DAY_MS = 86_400_000;
/** A key is idle, or about to expire, by this many days. */
const DAYS = 30;

export interface KeyRow {
	readonly key: Key;
	/** USD of the last 30 days. */
	readonly spend: number;
	readonly requests: number;
	/** The day of its last request within 30 days; null where it made none. */
	readonly lastUsed: string | null;
}

export const VIEWS = ["all", "unused", "idle", "expiring", "broad"] as const;
export type View = (typeof VIEWS)[number];

export function useKeyRows() {
	const keys = useKeys();
	const usage = useQuery({
		queryKey: ["usage", "keys"],
		queryFn: ({ signal }) =>
			call<Usage>("GET", "/admin/usage", {
				query: { group_by: "key", interval: "day", percentiles: false, limit: 10_000 },
				signal,
			}),
	});
	const rows = keys.data?.map((key): KeyRow => {
		const lines = (usage.data?.data ?? []).filter(({ key_id, requests }) => key_id === key.id && requests > 0);
		return {
			key,
			spend: lines.reduce((sum, { cost }) => sum + Number(cost), 0),
			requests: lines.reduce((sum, { requests }) => sum + requests, 0),
			lastUsed: lines.reduce<string | null>(
				(last, { period }) => (period !== undefined && (last === null || period > last) ? period : last),
				null,
			),
		};
	});
	return { keys, rows };
}

/** `now` in milliseconds since the epoch. */
export function inView({ key, lastUsed }: KeyRow, view: View, now: number): boolean {
	if (view === "all") return true;
	if (key.status !== "active") return false;
	const old = now - Date.parse(key.created_at) > DAYS * DAY_MS;
	if (view === "unused") return lastUsed === null && !old;
	if (view === "idle") return lastUsed === null && old;
	if (view === "broad") return key.budgets.length === 0;
	return key.expires_at !== null && Date.parse(key.expires_at) - now < DAYS * DAY_MS;
}
