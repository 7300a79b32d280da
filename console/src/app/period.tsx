// The time that a screen looks at, in the address: the last day, week, 30 days or 90 days, and the time before it.
import type { Filters } from "~/app/filters";
import { defineWords, useWords } from "~/i18n/language";
import { SelectField } from "~/ui/fields";

const DAY_MS = 86_400_000;
const PERIODS = { "1d": 1, "7d": 7, "30d": 30, "90d": 90 } as const;
type PeriodName = keyof typeof PERIODS;
const PERIOD_NAMES = Object.keys(PERIODS) as PeriodName[];
const MAX_DAYS = 90;

const words = defineWords(
	{
		label: "Period",
		names: { "1d": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days", "90d": "Last 90 days" },
	},
	{ label: "时间范围", names: { "1d": "最近 24 小时", "7d": "最近 7 天", "30d": "最近 30 天", "90d": "最近 90 天" } },
);

export interface Span {
	/** ISO 8601 in UTC, as the API takes them. */
	readonly from: string;
	readonly to: string;
	readonly interval: "hour" | "day";
	readonly days: number;
}

export function periodOf(filters: Filters, byDefault: PeriodName, most = MAX_DAYS): PeriodName {
	const named = filters.period;
	return PERIOD_NAMES.find((name) => name === named && PERIODS[name] <= most) ?? byDefault;
}

/** `back` periods before the one that ends now. Hours are whole, so that asking again asks the same. */
export function spanOf(period: PeriodName, now: number, back = 0): Span {
	const interval = PERIODS[period] <= 1 ? "hour" : "day";
	const unit = interval === "hour" ? DAY_MS / 24 : DAY_MS;
	const end = (Math.floor(now / unit) + 1) * unit - back * PERIODS[period] * DAY_MS;
	const days = PERIODS[period];
	return { from: new Date(end - days * DAY_MS).toISOString(), to: new Date(end).toISOString(), interval, days };
}

export function PeriodField({
	period,
	change,
	most = MAX_DAYS,
	span = null,
}: {
	readonly period: PeriodName;
	readonly change: (some: Filters) => void;
	/** The longest that can be asked for here, in days. */
	readonly most?: number;
	/** What the address says instead of a period, as a door does that leads to the requests of one day. */
	readonly span?: string | null;
}) {
	const text = useWords(words);
	const names = PERIOD_NAMES.filter((name) => PERIODS[name] <= most);
	return (
		<SelectField
			label={text.label}
			labelHidden
			value={span === null ? period : ""}
			onChange={(next: PeriodName | "") => change({ period: next, from: "", to: "" })}
			options={[
				...(span === null ? [] : [{ value: "" as const, label: span }]),
				...names.map((value) => ({ value, label: text.names[value] })),
			]}
		/>
	);
}
