// Keys with what they spent, and the views by which an admin looks after them.
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
}

export const VIEWS = ["all", "unused", "idle", "expiring", "broad"] as const;
type View = (typeof VIEWS)[number];

export function useKeyRows() {
	const keys = useKeys();
	const usage = useQuery({
		queryKey: ["usage", "keys"],
		queryFn: ({ signal }) =>
			call<Usage>("GET", "/admin/usage", {
				query: { group_by: "key", percentiles: false, limit: 10_000 },
				signal,
			}),
	});
	const sums = new Map(usage.data?.data.map(({ key_id, cost }) => [key_id, Number(cost)]));
	const rows = keys.data?.map((key): KeyRow => ({ key, spend: sums.get(key.id) ?? 0 }));
	return { keys, rows };
}

/** `now` in milliseconds since the epoch. */
export function inView({ key }: KeyRow, view: View, now: number): boolean {
	if (view === "all") return true;
	if (key.status !== "active") return false;
	if (view === "unused") return key.last_used_at === null;
	if (view === "idle") return now - Date.parse(key.last_used_at ?? key.created_at) > DAYS * DAY_MS;
	if (view === "broad") return key.budgets.length === 0;
	return key.expires_at !== null && Date.parse(key.expires_at) - now < DAYS * DAY_MS;
}
