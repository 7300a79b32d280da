// Keys with what they spent day by day, and the views by which an admin looks after them.
import { useQuery } from "@tanstack/react-query";
import { call } from "~/api/client";
import { useKeys } from "~/api/names";
import type { Key, Usage } from "~/api/types";
import { sumUsd } from "~/format/usd";

const DAY_MS = 86_400_000;
/** Over how many days spending is shown. */
const SPEND_DAYS = 30;
/** A key is idle after this many days without a request, and about to expire this many before. */
const IDLE_DAYS = 90;
const EXPIRING_DAYS = 30;

export interface KeyRow {
	readonly key: Key;
	/** USD of the last 30 days, as a decimal string. */
	readonly spend: string;
	/** The same of each day, the last one today. */
	readonly days: readonly number[];
}

export const VIEWS = ["all", "unused", "idle", "expiring", "broad"] as const;
type View = (typeof VIEWS)[number];

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
	const lines = Map.groupBy(usage.data?.data ?? [], ({ key_id }) => key_id);
	const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
	const rows = keys.data?.map((key): KeyRow => {
		const own = lines.get(key.id) ?? [];
		const days = Array.from({ length: SPEND_DAYS }, () => 0);
		for (const { period, cost } of own) {
			const place = SPEND_DAYS - 1 - Math.round((today - Date.parse(period ?? "")) / DAY_MS);
			if (place in days) days[place] = Number(cost);
		}
		return { key, spend: sumUsd(own.map(({ cost }) => cost)), days };
	});
	return { keys, rows };
}

/** `now` in milliseconds since the epoch. */
export function inView({ key }: KeyRow, view: View, now: number): boolean {
	if (view === "all") return true;
	if (key.status !== "active") return false;
	if (view === "unused") return key.last_used_at === null;
	if (view === "idle") return now - Date.parse(key.last_used_at ?? key.created_at) > IDLE_DAYS * DAY_MS;
	if (view === "broad") return isBroad(key);
	return key.expires_at !== null && Date.parse(key.expires_at) - now < EXPIRING_DAYS * DAY_MS;
}

/** It may ask for everything, and nothing of its own bounds what it spends. */
function isBroad({ models, providers, budgets }: Key): boolean {
	return models === null && providers === null && budgets.length === 0;
}
