// What a team used in one month, model by model, as a statement that adds up and can be taken along.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { sumsOf, useUsage } from "~/api/usage";
import { instantOf } from "~/format/time";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { teamWords } from "~/screens/teams/words";
import { usageFile } from "~/screens/usage/usage-file";
import { Download } from "~/ui/download";
import { SelectField } from "~/ui/fields";
import { Panel } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { Table } from "~/ui/table";
import { Count, Money } from "~/ui/values";

const MONTHS = 12;

export function Statement({ team }: { readonly team: string }) {
	const words = useWords(teamWords);
	const shared = useWords(common);
	const { language } = useLanguage();
	const months = monthsUntil(Date.now());
	const [from, choose] = useState(months[0] ?? "");
	const to = nextMonth(from);
	const query = useUsage({ team_id: team, group_by: "provider,model", from, to, percentiles: false });
	return (
		<Panel
			title={words.statement}
			actions={
				<SelectField
					label={words.month}
					labelHidden
					value={from}
					onChange={choose}
					options={months.map((value) => ({ value, label: instantOf(value, "month", language) }))}
				/>
			}
		>
			<Loaded query={query} rows={3}>
				{({ data }) => {
					if (data.length === 0) return <p className="m-0 text-kumo-subtle">{words.usedNothing}</p>;
					const sums = sumsOf(data);
					return (
						<>
							<Table
								caption={words.statement}
								rows={data}
								rowKey={({ provider, model }) => `${provider}/${model}`}
								columns={[
									{
										id: "model",
										title: shared.model,
										wraps: true,
										cell: ({ provider, model }) =>
											provider === null || provider === undefined ? (
												words.noProvider
											) : (
												<Link
													to="/requests"
													search={{ team_id: team, provider, model: model ?? undefined, from, to }}
													className="text-kumo-link"
												>
													{provider}/{model}
												</Link>
											),
									},
									{
										id: "requests",
										title: shared.requests,
										figure: true,
										cell: ({ requests }) => <Count value={requests} />,
									},
									{
										id: "in",
										title: words.tokensIn,
										figure: true,
										wideOnly: true,
										cell: ({ input_tokens }) => <Count value={input_tokens} />,
									},
									{
										id: "out",
										title: words.tokensOut,
										figure: true,
										wideOnly: true,
										cell: ({ output_tokens }) => <Count value={output_tokens} />,
									},
									{ id: "cost", title: shared.cost, figure: true, cell: ({ cost }) => <Money usd={cost} /> },
								]}
								footer={{
									model: shared.all,
									requests: <Count value={sums.requests} />,
									in: <Count value={sums.inputTokens} />,
									out: <Count value={sums.outputTokens} />,
									cost: <Money usd={sums.cost} />,
								}}
							/>
							<div>
								<Download
									name={`statement-${from.slice(0, 7)}.csv`}
									type="text/csv"
									text={() => usageFile(data, ["provider", "model"], (id) => id)}
								>
									{words.download}
								</Download>
							</div>
						</>
					);
				}}
			</Loaded>
		</Panel>
	);
}

/** The starts of this month and of those before it, as ISO 8601; months are those of UTC, as the books have them. */
function monthsUntil(now: number): readonly string[] {
	const today = new Date(now);
	return Array.from({ length: MONTHS }, (_, back) =>
		new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - back)).toISOString(),
	);
}

function nextMonth(from: string): string {
	const start = new Date(from);
	return new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1)).toISOString();
}
