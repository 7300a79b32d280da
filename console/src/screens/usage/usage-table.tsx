// Usage as a table that adds up: each line a door to its requests, the sums those of the books.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useNames } from "~/api/names";
import { filterOf, type Group, groupOf, type Sums, sumsOf, type UsageLine } from "~/api/usage";
import { change as changeOf, percent } from "~/format/numbers";
import { instantOf } from "~/format/time";
import { lessUsd, sumUsd } from "~/format/usd";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { useOperationName } from "~/i18n/operations";
import type { Question } from "~/screens/usage/usage-question";
import { usageWords } from "~/screens/usage/words";
import { type Column, Table } from "~/ui/table";
import { Count, Money } from "~/ui/values";

/** More than a person reads; the rest is one line, and is whole in the file. */
const MAX_SHOWN = 200;

interface Props {
	readonly question: Question;
	readonly lines: readonly UsageLine[];
	/** The sums of all lines, those too that are not among `lines`. */
	readonly total: Sums;
	/** The time before, by the same groups; null where it is not compared or not known. */
	readonly before: readonly UsageLine[] | null;
}

export function UsageTable({ question, lines, total, before }: Props) {
	const words = useWords(usageWords);
	const shared = useWords(common);
	const { language } = useLanguage();
	const { groups, every } = question;
	const shown = lines.slice(0, MAX_SHOWN);
	const costs = new Map((before ?? []).map((line) => [placeOf(line, groups), line.cost]));
	const earlier = (line: UsageLine) => costs.get(placeOf(line, groups)) ?? "0";
	const delta = (cost: string, was: string) => changeOf(Number(cost), Number(was), language) ?? words.isNew;
	const figures: readonly (Column<UsageLine> & { readonly sum?: ReactNode })[] = [
		{
			...{ id: "requests", title: shared.requests, figure: true },
			cell: ({ requests }) => <Count value={requests} />,
			sum: <Count value={total.requests} />,
		},
		{
			...{ id: "errors", title: words.errors, figure: true, wideOnly: true },
			cell: ({ errors }) => <Count value={errors} />,
			sum: <Count value={total.errors} />,
		},
		{
			...{ id: "in", title: words.tokensIn, figure: true, wideOnly: true },
			cell: ({ input_tokens }) => <Count value={input_tokens} />,
			sum: <Count value={total.inputTokens} />,
		},
		{
			...{ id: "cached", title: words.cached, figure: true, wideOnly: true },
			cell: ({ input_tokens, cached_input_tokens }) => cachedShare(cached_input_tokens, input_tokens),
			sum: cachedShare(total.cachedTokens, total.inputTokens),
		},
		{
			...{ id: "out", title: words.tokensOut, figure: true, wideOnly: true },
			cell: ({ output_tokens }) => <Count value={output_tokens} />,
			sum: <Count value={total.outputTokens} />,
		},
		{
			...{ id: "cost", title: shared.cost, figure: true },
			cell: ({ cost }) => <Money usd={cost} />,
			sum: <Money usd={total.cost} />,
		},
		...(before === null
			? []
			: [
					{
						...{ id: "before", title: words.before, figure: true, wideOnly: true },
						cell: (line: UsageLine) => <Money usd={earlier(line)} />,
						sum: <Money usd={sumsOf(before).cost} />,
					},
					{
						...{ id: "change", title: words.change, figure: true },
						cell: (line: UsageLine) => delta(line.cost, earlier(line)),
						sum: delta(total.cost, sumsOf(before).cost),
					},
				]),
	];
	const rest = total.requests - sumsOf(shown).requests;
	const names = useGroupColumns(question);
	const [head] = every === "none" ? names : [{ id: "period" }];
	return (
		<>
			<Table
				caption={words.caption(groups.map((group) => words.groups[group]).join(", "))}
				rows={shown}
				rowKey={(line) => `${line.period}/${placeOf(line, groups)}`}
				columns={[...(every === "none" ? [] : [periodColumn(words.interval, every, language)]), ...names, ...figures]}
				footer={{
					[head?.id ?? ""]: shared.all,
					...Object.fromEntries(figures.map(({ id, sum }) => [id, sum])),
				}}
			/>
			{rest === 0 && lines.length === shown.length ? null : (
				<p className="m-0 text-kumo-subtle">
					{words.rest(shown.length)} <Money usd={lessUsd(total.cost, sumUsd(shown.map(({ cost }) => cost)))} />
				</p>
			)}
		</>
	);

	function cachedShare(cached: number, all: number): string {
		return all === 0 ? "–" : percent(cached / all, language);
	}
}

function placeOf(line: UsageLine, groups: readonly Group[]): string {
	return JSON.stringify(groups.map((group) => groupOf(line, group)));
}

function periodColumn(title: string, every: "hour" | "day" | "month", language: "en" | "zh-CN"): Column<UsageLine> {
	return { id: "period", title, cell: ({ period }) => instantOf(period ?? "", every, language) };
}

function useGroupColumns({ groups, tag, only, span, every }: Question): readonly Column<UsageLine>[] {
	const words = useWords(usageWords);
	const nameOf = useNames();
	const operationName = useOperationName();
	return groups.map((group) => ({
		id: group,
		title: group === "tag" && tag !== "" ? tag : words.groups[group],
		wraps: true,
		cell: (line) => {
			const id = groupOf(line, group);
			if (id === null) return words.noneOf[group];
			const filters = groups.map((one) => filterOf(line, one, tag)).filter((filter) => filter !== null);
			const time = every === "none" || line.period === undefined ? span : spanFrom(line.period, every);
			return (
				<Link
					to="/requests"
					search={{ ...only, ...Object.assign({}, ...filters), from: time.from, to: time.to }}
					className="text-kumo-link"
				>
					{group === "operation" ? operationName(id) : nameOf(id)}
				</Link>
			);
		},
	}));
}

/** The hour, day or month that begins then. */
function spanFrom(period: string, every: "hour" | "day" | "month") {
	const end = new Date(period);
	if (every === "hour") end.setUTCHours(end.getUTCHours() + 1);
	else if (every === "day") end.setUTCDate(end.getUTCDate() + 1);
	else end.setUTCMonth(end.getUTCMonth() + 1);
	return { from: period, to: end.toISOString() };
}
