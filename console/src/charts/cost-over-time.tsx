// Cost over time, stacked by a group: the six that cost most, and the rest as one.
import { Link } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { useNames } from "~/api/names";
import type { Usage } from "~/api/types";
import { type Group, groupOf } from "~/api/usage";
import type { Filters } from "~/app/filters";
import { SeriesChart } from "~/charts/series-chart";
import { dateFormat } from "~/format/intl";
import { money } from "~/format/money";
import { change } from "~/format/numbers";
import { sumUsd } from "~/format/usd";
import { defineWords, useLanguage, useWords } from "~/i18n/language";
import { useOperationName } from "~/i18n/operations";

const NOTHING: Filters = {};
const MAX_SHOWN = 6;
const STEP_MS = { hour: 3_600_000, day: 86_400_000 } as const;

const words = defineWords(
	{
		title: (total: string) => `Cost, ${total} in all, in USD`,
		titleBefore: (total: string, change: string) => `Cost, ${total} in all, in USD: ${change} on the time before`,
		rest: "others",
		none: "none",
	},
	{
		title: (total) => `费用（美元），共 ${total}`,
		titleBefore: (total, change) => `费用（美元），共 ${total}，较上一周期 ${change}`,
		rest: "其他",
		none: "无",
	},
);

interface Props {
	readonly usage: Usage;
	readonly group: Group;
	readonly interval: "hour" | "day";
	/** What the time before cost, as a decimal string in USD; null where it is not compared. */
	readonly before?: string | null;
	/** What the usage is narrowed to: so are the requests behind a point. */
	readonly only?: Filters;
}

export function CostOverTime({ usage, group, interval, before = null, only = NOTHING }: Props) {
	const text = useWords(words);
	const { language } = useLanguage();
	const idName = useNames();
	const operationName = useOperationName();
	const nameOf = group === "operation" ? operationName : idName;
	const { times, costs } = useMemo(() => stacked(usage, group, interval), [usage, group, interval]);
	const showTime = useCallback(
		(time: number) =>
			dateFormat(
				language,
				// Days are counted in UTC, as the books have them.
				interval === "hour"
					? { hour: "2-digit", minute: "2-digit" }
					: { month: "short", day: "numeric", timeZone: "UTC" },
			).format(time),
		[language, interval],
	);
	const showValue = useCallback((value: number) => money(value, language), [language]);
	const named = costs.map(({ id, values }) => ({
		name: id === REST ? text.rest : id === null ? text.none : nameOf(id),
		values,
	}));
	const total = sumUsd(usage.data.map(({ cost }) => cost));
	const told = money(total, language);
	const moved = before === null ? null : change(Number(total), Number(before), language);
	return (
		<SeriesChart
			title={moved === null ? text.title(told) : text.titleBefore(told, moved)}
			times={times}
			series={named}
			stacked
			showTime={showTime}
			showValue={showValue}
			linkOf={(time) => (
				<Link
					to="/requests"
					search={{ ...only, from: new Date(time).toISOString(), to: new Date(time + STEP_MS[interval]).toISOString() }}
					className="text-kumo-link"
				>
					{showTime(time)}
				</Link>
			)}
		/>
	);
}

const REST = Symbol("others");

function stacked({ data, from, to }: Usage, group: Group, interval: "hour" | "day") {
	const times: number[] = [];
	for (let at = Date.parse(from); at < Date.parse(to); at += STEP_MS[interval]) times.push(at);
	const places = new Map(times.map((time, index) => [time, index]));
	const sums = new Map<string | null, number[]>();
	for (const line of data) {
		const id = groupOf(line, group);
		const values = sums.get(id) ?? times.map(() => 0);
		const place = places.get(Date.parse(line.period ?? ""));
		if (place !== undefined) values[place] = (values[place] ?? 0) + Number(line.cost);
		sums.set(id, values);
	}
	const ranked = [...sums]
		.map(([id, values]) => ({
			id: id as string | null | typeof REST,
			values,
			total: values.reduce((a, b) => a + b, 0),
		}))
		.toSorted((a, b) => b.total - a.total);
	const rest = ranked.slice(MAX_SHOWN);
	const costs = ranked.slice(0, MAX_SHOWN);
	if (rest.length > 0) {
		costs.push({
			id: REST,
			values: times.map((_, index) => rest.reduce((sum, { values }) => sum + (values[index] ?? 0), 0)),
			total: 0,
		});
	}
	return { times, costs };
}
