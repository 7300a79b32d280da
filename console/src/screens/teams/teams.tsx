// Teams: what each spent, how many keys it has, and its budgets.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useKeys, useTeams } from "~/api/names";
import { useSession } from "~/api/session";
import type { Team } from "~/api/types";
import { useUsage } from "~/api/usage";
import { type Filters, useFilters } from "~/app/filters";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { useBudgetName } from "~/screens/budgets/budget";
import { NewTeamDialog } from "~/screens/teams/new-team";
import { TeamSheet } from "~/screens/teams/team-sheet";
import { teamWords } from "~/screens/teams/words";
import { Button } from "~/ui/button";
import { Screen } from "~/ui/panel";
import { Empty, Loaded } from "~/ui/states";
import { type Column, Table } from "~/ui/table";
import { Count, Money } from "~/ui/values";

export function Teams() {
	const words = useWords(teamWords);
	const shared = useWords(common);
	const [filters, change] = useFilters();
	const { role } = useSession();
	const [making, setMaking] = useState(false);
	const teams = useTeams();
	const columns = useColumns();
	const newTeam = (label: string) =>
		role === "admin" ? (
			<Button kind="primary" onClick={() => setMaking(true)}>
				{label}
			</Button>
		) : null;
	return (
		<Screen title={shared.teams} actions={newTeam(words.create)}>
			<Loaded query={teams} rows={6}>
				{(rows) =>
					rows.length === 0 ? (
						<Empty title={words.empty} action={newTeam(words.createFirst)}>
							{words.emptyWhy}
						</Empty>
					) : (
						<Table caption={words.caption} columns={columns} rows={rows} rowKey={({ id }) => id} />
					)
				}
			</Loaded>
			{making ? <NewTeamDialog onClose={() => setMaking(false)} /> : null}
			{filters.open === undefined ? null : <TeamSheet id={filters.open} onClose={() => change({ open: "" })} />}
		</Screen>
	);
}

function useColumns(): readonly Column<Team>[] {
	const words = useWords(teamWords);
	const shared = useWords(common);
	const keys = useKeys();
	const usage = useUsage({ group_by: "team", percentiles: false });
	const spent = new Map(usage.data?.data.map(({ team_id, cost }) => [team_id, cost]));
	const budgetName = useBudgetName();
	return [
		{
			id: "name",
			title: shared.name,
			cell: ({ id, name }) => (
				<Link to="/teams" search={(before: Filters) => ({ ...before, open: id })} className="text-kumo-link">
					{name}
				</Link>
			),
		},
		{
			id: "keys",
			title: words.keys,
			figure: true,
			cell: ({ id }) => (
				<Link to="/keys" search={{ team_id: id }} className="text-kumo-link">
					<Count value={(keys.data ?? []).filter(({ team_id }) => team_id === id).length} />
				</Link>
			),
		},
		{
			id: "budgets",
			title: words.budgets,
			wideOnly: true,
			cell: ({ budgets }) => (budgets.length === 0 ? words.none : budgets.map(budgetName).join(", ")),
		},
		{
			id: "spend",
			title: words.spend,
			figure: true,
			cell: ({ id }) => (
				<Link to="/usage" search={{ team_id: id, group: "key" }} className="text-kumo-link">
					<Money usd={spent.get(id) ?? "0"} />
				</Link>
			),
		},
	];
}
