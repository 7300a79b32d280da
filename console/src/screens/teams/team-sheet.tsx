// One team: its budgets as they stand, what each key has of them, and the ways to its keys, requests and usage.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { amountsOf } from "~/api/budgets";
import { call } from "~/api/client";
import { useNames, useTeams } from "~/api/names";
import { useReach, useSession } from "~/api/session";
import type { TeamBudget } from "~/api/types";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { type BudgetOwner, useBudgetName, useNarrowing } from "~/screens/budgets/budget";
import { BudgetActs } from "~/screens/budgets/budget-acts";
import { BudgetBar } from "~/screens/budgets/budget-bar";
import { Lasting } from "~/screens/budgets/lasting";
import { SetBudget } from "~/screens/budgets/set-budget";
import { SelfService } from "~/screens/teams/self-service";
import { Statement } from "~/screens/teams/statement";
import { teamWords } from "~/screens/teams/words";
import { Dialog } from "~/ui/dialog";
import { Panel } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { Table } from "~/ui/table";
import { Exactly, Money } from "~/ui/values";

type State = TeamBudget["budgets"][number];

export function TeamSheet({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
	const words = useWords(teamWords);
	const teams = useTeams();
	const team = teams.data?.find((one) => one.id === id);
	const { role } = useSession();
	const { gateway } = useReach();
	const query = useQuery({
		queryKey: ["teams", id, "budget"],
		queryFn: ({ signal }) => call<TeamBudget>("GET", `/admin/teams/${id}/budget`, { signal }),
	});
	const owner: BudgetOwner | null =
		team !== undefined && role === "admin"
			? { name: team.name, path: `/admin/teams/${id}`, budgets: team.budgets, refreshes: [["teams"]] }
			: null;
	return (
		<Dialog title={team?.name ?? id} shape="sheet" onClose={onClose}>
			<div className="flex flex-col gap-6">
				<Panel title={words.budgets} actions={owner === null ? null : <SetBudget owner={owner} />}>
					<Loaded query={query}>
						{({ budgets }) =>
							budgets.length === 0 ? (
								<p className="m-0 text-kumo-subtle">{words.noBudget}</p>
							) : (
								<ul className="m-0 flex list-none flex-col gap-6 p-0">
									{budgets.map((budget) => (
										<li key={budget.id} className="flex flex-col gap-2">
											<Budget team={id} budget={budget} />
											{owner === null ? null : <BudgetActs owner={owner} id={budget.id} />}
										</li>
									))}
								</ul>
							)
						}
					</Loaded>
				</Panel>
				<Statement team={id} />
				{team === undefined ? null : <SelfService team={team} mayChange={role === "admin"} />}
				<p className="m-0 flex flex-wrap gap-4">
					<Link to="/keys" search={{ team_id: id }} className="text-kumo-link">
						{words.seeKeys}
					</Link>
					<Link to="/requests" search={{ team_id: id }} className="text-kumo-link">
						{words.seeRequests}
					</Link>
					<Link to="/usage" search={{ team_id: id, group: "model" }} className="text-kumo-link">
						{words.seeUsage}
					</Link>
					{gateway ? (
						<Link to="/audit" search={{ subject: id }} className="text-kumo-link">
							{words.history}
						</Link>
					) : null}
				</p>
			</div>
		</Dialog>
	);
}

function Budget({ team, budget }: { readonly team: string; readonly budget: State }) {
	const words = useWords(teamWords);
	const shared = useWords(common);
	const nameOf = useNames();
	const budgetName = useBudgetName();
	const narrowing = useNarrowing();
	return (
		<>
			<BudgetBar name={budgetName(budget)} narrowing={narrowing(budget)} amounts={amountsOf(budget)} />
			<Lasting budget={budget} />
			{budget.resets_at === null ? null : (
				<p className="m-0 text-kumo-subtle">
					{words.resets} <Exactly at={budget.resets_at} />
				</p>
			)}
			{budget.keys.length === 0 ? null : (
				<Table
					caption={words.lentTo}
					rows={budget.keys}
					rowKey={({ key_id }) => key_id}
					columns={[
						{
							id: "key",
							title: shared.key,
							cell: ({ key_id }) => (
								<Link to="/keys" search={{ team_id: team, open: key_id }} className="text-kumo-link">
									{nameOf(key_id)}
								</Link>
							),
						},
						{
							id: "settled",
							title: words.settled,
							figure: true,
							cell: ({ settled_usd }) => <Money usd={settled_usd} />,
						},
						{ id: "lent", title: words.lent, figure: true, cell: ({ lent_usd }) => <Money usd={lent_usd} /> },
					]}
				/>
			)}
		</>
	);
}
