// What the screen of usage asks for, as its address says.
import { GROUPS, type Group, isLogged } from "~/api/usage";
import type { Filters } from "~/app/filters";
import { periodOf, spanOf } from "~/app/period";

/** The log of requests goes back this many days at most. */
const LOG_DAYS = 30;
export const INTERVALS = ["none", "hour", "day", "month"] as const;
export type Interval = (typeof INTERVALS)[number];

export function questionOf(filters: Filters, now: number) {
	const { group, and, period: _period, interval, compare, ...only } = filters;
	const first = GROUPS.find((name) => name === group) ?? "model";
	const second = GROUPS.find((name) => name === and && name !== first) ?? null;
	const groups: readonly Group[] = second === null ? [first] : [first, second];
	const logged = groups.some(isLogged) || ["end_user", "operation", "tag_value"].some((name) => name in only);
	const most = logged ? LOG_DAYS : 90;
	const period = periodOf(filters, "30d", most);
	const span = spanOf(period, now);
	const before = spanOf(period, now, 1);
	const wanted = INTERVALS.find((name) => name === interval) ?? "none";
	// Hours of 90 days are more than anyone reads, and than the API tells.
	const every: Interval = wanted === "hour" && span.days > LOG_DAYS ? "day" : wanted;
	const { tag = "", tag_value, ...fields } = only;
	// A label is only asked for where it tells something apart.
	const labels = groups.includes("tag") || tag_value !== undefined ? { tag, tag_value } : {};
	return {
		groups,
		/** The name of the label, where one tells usage apart or is asked for. */
		tag,
		unnamed: groups.includes("tag") && tag === "",
		/** What the address narrows it to. */
		only: { ...fields, ...(tag_value !== undefined && { tag, tag_value }) },
		asked: { ...fields, ...labels },
		logged,
		most,
		period,
		span,
		before,
		every,
		/** Lines of single hours or days have none before that would be theirs. */
		compares: compare !== "no" && every === "none",
	};
}

export type Question = ReturnType<typeof questionOf>;
