// What was used and what it cost, by any group and over time; the sums are those of the export and the ledger.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { call } from "~/api/client";
import type { Page } from "~/api/lists";
import { useNames } from "~/api/names";
import { useReach } from "~/api/session";
import { GROUPS, type Group, groupOf, sumsOf, type UsageLine, useUsage } from "~/api/usage";
import { useFilters } from "~/app/filters";
import { PeriodField, periodOf, spanOf } from "~/app/period";
import { CostOverTime } from "~/charts/cost-over-time";
import { percent } from "~/format/numbers";
import { clockTime } from "~/format/time";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { usageWords } from "~/screens/usage/words";
import { Button } from "~/ui/button";
import { SelectField } from "~/ui/fields";
import { Screen } from "~/ui/panel";
import { Empty, Loaded } from "~/ui/states";
import { Status } from "~/ui/status";
import { Table } from "~/ui/table";
import { Ago, Count, Money } from "~/ui/values";

export function UsageScreen() {
	const words = useWords(usageWords);
	const shared = useWords(common);
	const { language } = useLanguage();
	const nameOf = useNames();
	const { gateway } = useReach();
	const [filters, change] = useFilters();
	const period = periodOf(filters, "30d");
	const span = spanOf(period, Date.now());
	const group = GROUPS.find((name) => name === filters.group) ?? "model";
	const { group: _group, period: _period, ...only } = filters;
	const asked = { ...only, from: span.from, to: span.to };
	const byGroup = useUsage({ ...asked, group_by: group });
	const over = useUsage({ ...asked, group_by: group, interval: span.interval, percentiles: false });
	const field = group === "team" ? "team_id" : group === "key" ? "key_id" : group;
	return (
		<Screen
			title={shared.usage}
			actions={
				<>
					{gateway ? <Reconciled /> : null}
					<SelectField
						label={words.groupBy}
						labelHidden
						value={group}
						onChange={(next: Group) => change({ group: next })}
						options={GROUPS.map((value) => ({ value, label: words.groups[value] }))}
					/>
					<PeriodField period={period} change={change} />
				</>
			}
		>
			{Object.keys(only).length === 0 ? null : (
				<p className="m-0 flex items-center gap-2">
					{Object.entries(only)
						.map(([name, value]) => `${name}: ${nameOf(value ?? "")}`)
						.join(" · ")}
					<Button kind="quiet" onClick={() => change(Object.fromEntries(Object.keys(only).map((name) => [name, ""])))}>
						{shared.clearFilters}
					</Button>
				</p>
			)}
			<Loaded query={over} rows={6}>
				{(usage) => <CostOverTime usage={usage} group={group} interval={span.interval} />}
			</Loaded>
			<Loaded query={byGroup} rows={6}>
				{(usage) =>
					usage.data.length === 0 ? (
						<Empty title={words.empty}>{words.emptyWhy}</Empty>
					) : (
						<>
							<Table
								caption={words.caption(words.groups[group])}
								rows={usage.data}
								rowKey={(line) => groupOf(line, group) ?? ""}
								footer={footerOf(usage.data, shared.all)}
								columns={[
									{
										id: "name",
										title: words.groups[group],
										cell: (line) => {
											const id = groupOf(line, group);
											return id === null ? (
												words.noneOf[group]
											) : (
												<Link
													to="/requests"
													search={{ ...only, [field]: id, from: span.from, to: span.to }}
													className="text-kumo-link"
												>
													{nameOf(id)}
												</Link>
											);
										},
									},
									{
										id: "requests",
										title: shared.requests,
										figure: true,
										cell: ({ requests }) => <Count value={requests} />,
									},
									{
										id: "errors",
										title: words.errors,
										figure: true,
										wideOnly: true,
										cell: ({ errors }) => <Count value={errors} />,
									},
									{
										id: "in",
										title: words.tokensIn,
										figure: true,
										wideOnly: true,
										cell: ({ input_tokens }) => <Count value={input_tokens} />,
									},
									{
										id: "cached",
										title: words.cached,
										figure: true,
										wideOnly: true,
										cell: ({ input_tokens, cached_input_tokens }) =>
											input_tokens === 0 ? "–" : percent(cached_input_tokens / input_tokens, language),
									},
									{
										id: "out",
										title: words.tokensOut,
										figure: true,
										wideOnly: true,
										cell: ({ output_tokens }) => <Count value={output_tokens} />,
									},
									{
										id: "p95",
										title: words.p95,
										figure: true,
										wideOnly: true,
										cell: ({ latency_ms }) => latency_ms?.p95 ?? "–",
									},
									{ id: "cost", title: shared.cost, figure: true, cell: ({ cost }) => <Money usd={cost} /> },
								]}
							/>
							<p className="m-0 text-kumo-subtle">
								{usage.lag.keys === 0
									? shared.asOf(clockTime(byGroup.dataUpdatedAt, language))
									: words.lag(usage.lag.keys)}
							</p>
						</>
					)
				}
			</Loaded>
		</Screen>
	);
}

function footerOf(lines: readonly UsageLine[], all: string) {
	const sums = sumsOf(lines);
	return {
		name: all,
		requests: <Count value={sums.requests} />,
		errors: <Count value={sums.errors} />,
		cost: <Money usd={sums.cost} />,
	};
}

interface Comparison {
	readonly at: string;
	readonly differs: boolean;
}

/** Whether the books of the objects and the database agree, as of the last comparison. */
function Reconciled() {
	const words = useWords(usageWords);
	const last = useQuery({
		queryKey: ["reconciliation", "last"],
		queryFn: ({ signal }) => call<Page<Comparison>>("GET", "/admin/reconciliation", { query: { limit: 1 }, signal }),
	});
	const differing = useQuery({
		queryKey: ["reconciliation", "differs"],
		queryFn: ({ signal }) =>
			call<Page<Comparison>>("GET", "/admin/reconciliation", { query: { limit: 1, differs: true }, signal }),
	});
	const compared = last.data?.data[0];
	if (compared === undefined || differing.data === undefined) return null;
	return (
		<span className="inline-flex items-center gap-1.5">
			<Status light={differing.data.data.length === 0 ? "good" : "bad"}>
				{differing.data.data.length === 0 ? words.agree : words.differ}
			</Status>
			<span className="text-kumo-subtle">
				<Ago at={compared.at} />
			</span>
		</span>
	);
}
