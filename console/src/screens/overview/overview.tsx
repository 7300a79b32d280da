// What is spent, what is slow, what is broken: the first look. Each figure is a door to what is behind it.
import { Link } from "@tanstack/react-router";
import { useReach } from "~/api/session";
import { type Sums, sumsOf, type UsageLine, useUsage } from "~/api/usage";
import { type Filters, useFilters } from "~/app/filters";
import { PeriodField, periodOf, spanOf } from "~/app/period";
import { keptBetweenScreens } from "~/app/team-switch";
import { CostOverTime } from "~/charts/cost-over-time";
import { money } from "~/format/money";
import { duration, percent, shortCount } from "~/format/numbers";
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
	// Percentiles take longest: the other figures do not wait for them.
	const speed = useUsage({ team_id: filters.team_id, from: span.from, to: span.to, percentiles: true });
	const speedBefore = useUsage({ team_id: filters.team_id, from: before.from, to: before.to, percentiles: true });
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
							speed={speed.data?.data[0]}
							speedBefore={speedBefore.data?.data[0]}
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

interface Tile {
	readonly name: string;
	/** What is behind it. */
	readonly to: "/usage" | "/requests" | "/providers";
	readonly search: Filters;
	readonly value: string;
	readonly more?: string;
	/** The same of the time before; null where it is not known (yet). */
	readonly before: string | null;
}

interface TilesProps {
	readonly now: Sums;
	readonly before: Sums | null;
	/** With percentiles, of the time and of the one before; absent until it is known, and where nothing was used. */
	readonly speed: UsageLine | undefined;
	readonly speedBefore: UsageLine | undefined;
	readonly span: { readonly from: string; readonly to: string };
	readonly period: string;
}

function Tiles({ now, before, speed, speedBefore, span, period }: TilesProps) {
	const words = useWords(overviewWords);
	const shared = useWords(common);
	const { language } = useLanguage();
	const { gateway } = useReach();
	const range = { from: span.from, to: span.to };
	const both = (show: (sums: Sums) => string) => ({
		value: show(now),
		before: before === null ? null : show(before),
	});
	const time = (ms: number | null | undefined) => (ms === null || ms === undefined ? null : duration(ms, language));
	const whole = time(speed?.latency_ms?.p95);
	const tiles: readonly Tile[] = [
		{ name: shared.cost, to: "/usage", search: { period }, ...both(({ cost }) => money(cost, language)) },
		{
			...{ name: shared.requests, to: "/requests", search: range },
			...both(({ requests }) => shortCount(requests, language)),
		},
		{
			...{ name: words.failed, to: "/requests", search: { ...range, status: "failed" } },
			...both(({ errors, requests }) => percent(requests === 0 ? 0 : errors / requests, language)),
			more: words.failedOf(shortCount(now.errors, language)),
		},
		{
			// What is slow is a provider; the log is what a person sees who has no reach of them.
			...(gateway ? { to: "/providers", search: {} } : { to: "/requests", search: range }),
			name: words.firstToken,
			value: time(speed?.ttft_ms?.p95) ?? "–",
			...(whole !== null && { more: words.wholeAnswer(whole) }),
			before: time(speedBefore?.ttft_ms?.p95),
		},
		{
			...{ name: words.saved, to: "/usage", search: { period, group: "model" } },
			...both(({ saved }) => money(saved, language)),
			more: words.cached(percent(now.inputTokens === 0 ? 0 : now.cachedTokens / now.inputTokens, language)),
		},
	];
	return (
		<ul className="m-0 grid list-none grid-cols-2 gap-3 p-0 lg:grid-cols-5">
			{tiles.map(({ name, to, search, value, more, before: was }) => (
				<li key={name} className="max-lg:first:col-span-2">
					<Link
						to={to}
						search={(kept: Filters) => ({ ...keptBetweenScreens(kept), ...search })}
						className="flex h-full flex-col gap-1 rounded-lg border border-kumo-line bg-kumo-base p-4 text-kumo-default no-underline hover:bg-kumo-tint"
					>
						<span className="text-kumo-subtle">{name}</span>
						<span className="figures font-semibold text-2xl">{value}</span>
						{more === undefined ? null : <span className="figures text-kumo-subtle">{more}</span>}
						<span className="figures text-kumo-subtle">{was === null ? " " : words.before(was)}</span>
					</Link>
				</li>
			))}
		</ul>
	);
}
