// What was used and what it cost, by any two groups and over time, beside the time before; the sums are those of the
// books.
import { useNames } from "~/api/names";
import { useReach } from "~/api/session";
import { isLogged, sumsOf, useUsage } from "~/api/usage";
import { useFilters } from "~/app/filters";
import { CostOverTime } from "~/charts/cost-over-time";
import { clockTime, exactTime } from "~/format/time";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { useOperationName } from "~/i18n/operations";
import { Reconciled } from "~/screens/usage/reconciled";
import { UsageControls } from "~/screens/usage/usage-controls";
import { usageFile } from "~/screens/usage/usage-file";
import { type Question, questionOf } from "~/screens/usage/usage-question";
import { UsageTable } from "~/screens/usage/usage-table";
import { usageWords } from "~/screens/usage/words";
import { Button } from "~/ui/button";
import { Download } from "~/ui/download";
import { Screen } from "~/ui/panel";
import { Empty, Loaded } from "~/ui/states";

export function UsageScreen() {
	const words = useWords(usageWords);
	const shared = useWords(common);
	const nameOf = useNames();
	const operationName = useOperationName();
	const { gateway } = useReach();
	const [filters, change] = useFilters();
	const question = questionOf(filters, Date.now());
	const { only } = question;
	const narrowed = Object.keys(only);
	return (
		<Screen title={shared.usage} actions={gateway ? <Reconciled /> : null}>
			<UsageControls question={question} change={change} />
			{narrowed.length === 0 ? null : (
				<p className="m-0 flex flex-wrap items-center gap-2">
					{Object.entries(only)
						.map(
							([name, value]) => `${name}: ${name === "operation" ? operationName(value ?? "") : nameOf(value ?? "")}`,
						)
						.join(" · ")}
					<Button kind="quiet" onClick={() => change(Object.fromEntries(narrowed.map((name) => [name, ""])))}>
						{shared.clearFilters}
					</Button>
				</p>
			)}
			{question.unnamed ? <Empty title={words.unnamed}>{words.unnamedWhy}</Empty> : <Figures question={question} />}
		</Screen>
	);
}

function Figures({ question }: { readonly question: Question }) {
	const words = useWords(usageWords);
	const shared = useWords(common);
	const { language } = useLanguage();
	const nameOf = useNames();
	const { groups, asked, span, before: earlier, every, compares } = question;
	const [first = "model"] = groups;
	const group_by = groups.join(",");
	const interval = every === "none" ? undefined : every;
	const now = { ...asked, from: span.from, to: span.to, percentiles: false };
	const past = { ...asked, from: earlier.from, to: earlier.to, percentiles: false };
	const byGroup = useUsage({ ...now, group_by, interval });
	const before = useUsage({ ...past, group_by }, compares);
	const whole = useUsage(now, byGroup.data?.has_more === true);
	const step = every === "none" || every === "month" ? span.interval : every;
	const over = useUsage({ ...now, group_by: first, interval: step });
	return (
		<div className="grid gap-5 2xl:grid-cols-[7fr_3fr]">
			<div className="flex min-w-0 flex-col gap-2">
				<Loaded query={byGroup} rows={6}>
					{(usage) => {
						if (usage.data.length === 0) return <Empty title={words.empty}>{words.emptyWhy}</Empty>;
						// What the log keeps no more cannot be compared.
						const known = before.data?.log_from === null || before.data?.log_from === before.data?.from;
						return (
							<>
								<UsageTable
									question={question}
									lines={usage.data}
									total={sumsOf(usage.has_more ? (whole.data?.data ?? usage.data) : usage.data)}
									before={compares && known ? (before.data?.data ?? null) : null}
								/>
								<p className="m-0 flex flex-wrap items-center justify-between gap-2 text-kumo-subtle">
									<span>
										{usage.lag.keys === 0
											? shared.asOf(clockTime(byGroup.dataUpdatedAt, language))
											: words.lag(usage.lag.keys)}
										{usage.log_from === null || usage.log_from === usage.from
											? null
											: ` · ${words.logFrom(exactTime(usage.log_from, language))}`}
									</span>
									<Download name="usage.csv" type="text/csv" text={() => usageFile(usage.data, groups, nameOf)}>
										{words.download}
									</Download>
								</p>
							</>
						);
					}}
				</Loaded>
			</div>
			<div className="min-w-0">
				<Loaded query={over} rows={6}>
					{(usage) => (
						<CostOverTime
							usage={usage}
							group={first}
							interval={step}
							only={question.only}
							before={compares && before.data !== undefined && !isLogged(first) ? sumsOf(before.data.data).cost : null}
						/>
					)}
				</Loaded>
			</div>
		</div>
	);
}
