// The teams' budgets of which most is used, as bars.
import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { amountsOf } from "~/api/budgets";
import { call } from "~/api/client";
import { pauseOf } from "~/api/live";
import { useTeams } from "~/api/names";
import type { TeamBudget } from "~/api/types";
import { useWords } from "~/i18n/language";
import { useNarrowing } from "~/screens/budgets/budget";
import { BudgetBar } from "~/screens/budgets/budget-bar";
import { Lasting } from "~/screens/budgets/lasting";
import { overviewWords } from "~/screens/overview/words";
import { Empty, Loaded } from "~/ui/states";

const MAX_SHOWN = 5;
/** Each question calls a team's object twice, so they are asked of few, and seldom. */
const MAX_TEAMS = 20;
const CALLS = 2;

/** Of one team, or of all. */
export function NearestBudgets({ team: only }: { readonly team: string | undefined }) {
	const words = useWords(overviewWords);
	const narrowing = useNarrowing();
	const teams = useTeams();
	const withBudgets = (teams.data ?? [])
		.filter(({ id, budgets }) => budgets.length > 0 && (only === undefined || id === only))
		.slice(0, MAX_TEAMS);
	const states = useQueries({
		queries: withBudgets.map(({ id }) => ({
			queryKey: ["teams", id, "budget", "live"],
			queryFn: ({ signal }: { signal: AbortSignal }) =>
				call<TeamBudget>("GET", `/admin/teams/${id}/budget`, { query: { live: true }, signal }),
			refetchInterval: pauseOf(withBudgets.length * CALLS),
		})),
	});
	const budgets = states
		.flatMap(({ data }, index) => (data?.budgets ?? []).map((budget) => ({ team: withBudgets[index], budget })))
		.map(({ team, budget }) => ({
			team,
			budget,
			share: 1 - Number(budget.remaining_usd) / Math.max(Number(budget.limit_usd), 1e-9),
		}))
		.toSorted((a, b) => b.share - a.share)
		.slice(0, MAX_SHOWN);
	return (
		<Loaded query={teams} rows={3}>
			{() =>
				withBudgets.length === 0 ? (
					<Empty title={words.noBudgets} action={<Link to="/teams">{words.setBudget}</Link>} />
				) : (
					<ul className="m-0 flex list-none flex-col gap-3 p-0">
						{budgets.map(({ team, budget }) => (
							<li key={budget.id}>
								<Link to="/teams" search={{ open: team?.id ?? "" }} className="text-kumo-default no-underline">
									<BudgetBar
										name={[team?.name, budget.name].filter((part) => part !== null && part !== undefined).join(" · ")}
										narrowing={narrowing(budget)}
										amounts={amountsOf(budget)}
									/>
									<Lasting budget={budget} />
								</Link>
							</li>
						))}
					</ul>
				)
			}
		</Loaded>
	);
}
