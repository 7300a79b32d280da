// What is spent, what is slow, what is broken: the first look. Each figure is a door to what is behind it.
import { Link } from "@tanstack/react-router";
import { useReach } from "~/api/session";
import { sumsOf, useUsage } from "~/api/usage";
import { type Filters, useFilters } from "~/app/filters";
import { PeriodField, periodOf, spanOf } from "~/app/period";
import { keptBetweenScreens } from "~/app/team-switch";
import { CostOverTime } from "~/charts/cost-over-time";
import { money } from "~/format/money";
import { percent, shortCount } from "~/format/numbers";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { Circuits } from "~/screens/overview/circuits";
import { FirstSteps } from "~/screens/overview/first-steps";
import { NearestBudgets } from "~/screens/overview/nearest-budgets";
import { Problems } from "~/screens/overview/problems";
import { overviewWords } from "~/screens/overview/words";
import { Panel, Screen } from "~/ui/panel";
import { Loaded } from "~/ui/states";

export function Overview() {
	const shared = useWords(common);
	const words = useWords(overviewWords);
	const [filters, change] = useFilters();
	const { gateway } = useReach();
	const period = periodOf(filters, "7d");
	const span = spanOf(period, Date.now());
	const before = spanOf(period, Date.now(), 1);
	const over = useUsage({
		team_id: filters.team_id,
		from: span.from,
		to: span.to,
		group_by: "model",
		interval: span.interval,
		percentiles: false,
	});
	const earlier = useUsage({ team_id: filters.team_id, from: before.from, to: before.to, percentiles: false });
	const ever = useUsage({ interval: "month", percentiles: false });
	if (gateway && ever.data !== undefined && sumsOf(ever.data.data).requests === 0) return <FirstSteps />;
	return (
		<Screen title={shared.overview} actions={<PeriodField period={period} change={change} />}>
			<Loaded query={over} rows={6}>
				{(usage) => (
					<>
						<Tiles
							now={sumsOf(usage.data)}
							before={earlier.data === undefined ? null : sumsOf(earlier.data.data)}
							span={span}
							period={period}
						/>
						<CostOverTime
							usage={usage}
							group="model"
							interval={span.interval}
							before={earlier.data === undefined ? null : sumsOf(earlier.data.data).cost}
						/>
					</>
				)}
			</Loaded>
			<div className="grid gap-5 lg:grid-cols-2">
				<Panel title={words.budgets}>
					<NearestBudgets team={filters.team_id} />
				</Panel>
				{gateway ? (
					<Panel title={words.circuits}>
						<Circuits />
					</Panel>
				) : null}
			</div>
			<Panel title={words.problems}>
				<Problems team={filters.team_id} from={span.from} to={span.to} />
			</Panel>
		</Screen>
	);
}

type Sums = ReturnType<typeof sumsOf>;

interface Tile {
	readonly name: string;
	/** What is behind it. */
	readonly to: "/usage" | "/requests";
	readonly search: Filters;
	readonly show: (sums: Sums) => string;
	readonly more?: string;
}

function Tiles({
	now,
	before,
	span,
	period,
}: {
	readonly now: Sums;
	readonly before: Sums | null;
	readonly span: { readonly from: string; readonly to: string };
	readonly period: string;
}) {
	const words = useWords(overviewWords);
	const shared = useWords(common);
	const { language } = useLanguage();
	const share = ({ errors, requests }: Sums) => (requests === 0 ? 0 : errors / requests);
	const cached = ({ cachedTokens, inputTokens }: Sums) => (inputTokens === 0 ? 0 : cachedTokens / inputTokens);
	const range = { from: span.from, to: span.to };
	const tiles: readonly Tile[] = [
		{ name: shared.cost, to: "/usage", search: { period }, show: (sums: Sums) => money(sums.cost, language) },
		{
			name: shared.requests,
			to: "/requests",
			search: range,
			show: (sums: Sums) => shortCount(sums.requests, language),
		},
		{
			name: words.failed,
			to: "/requests",
			search: { ...range, status: "failed" },
			show: (sums: Sums) => percent(share(sums), language),
			more: words.failedOf(shortCount(now.errors, language)),
		},
		{
			name: words.saved,
			to: "/usage",
			search: { period, group: "model" },
			show: (sums: Sums) => money(sums.saved, language),
			more: words.cached(percent(cached(now), language)),
		},
	];
	return (
		<ul className="m-0 grid list-none grid-cols-2 gap-3 p-0 lg:grid-cols-4">
			{tiles.map(({ name, to, search, show, more }) => (
				<li key={name}>
					<Link
						to={to}
						search={(before: Filters) => ({ ...keptBetweenScreens(before), ...search })}
						className="flex h-full flex-col gap-1 rounded-lg border border-kumo-line bg-kumo-base p-4 text-kumo-default no-underline hover:bg-kumo-tint"
					>
						<span className="text-kumo-subtle">{name}</span>
						<span className="figures font-semibold text-2xl">{show(now)}</span>
						{more === undefined ? null : <span className="figures text-kumo-subtle">{more}</span>}
						<span className="figures text-kumo-subtle">{before === null ? " " : words.before(show(before))}</span>
					</Link>
				</li>
			))}
		</ul>
	);
}
