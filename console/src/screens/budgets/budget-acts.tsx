// What can be done to one budget of a key or team: adding to its window, changing it, taking it away.
import { call } from "~/api/client";
import { useWords } from "~/i18n/language";
import { type BudgetOwner, useBudgetName } from "~/screens/budgets/budget";
import { RaiseBudget } from "~/screens/budgets/raise-budget";
import { SetBudget } from "~/screens/budgets/set-budget";
import { budgetWords } from "~/screens/budgets/words";
import { DangerAct } from "~/ui/danger-act";

export function BudgetActs({ owner, id }: { readonly owner: BudgetOwner; readonly id: string }) {
	const words = useWords(budgetWords);
	const budgetName = useBudgetName();
	const budget = owner.budgets.find((one) => one.id === id);
	if (budget === undefined) return null;
	return (
		<div className="flex flex-wrap gap-2">
			{/* Each end user has a window of their own, which no one sum is added to. */}
			{budget.per_end_user ? null : (
				<RaiseBudget path={`${owner.path}/budget/${id}/adjust`} refreshes={owner.refreshes} />
			)}
			<SetBudget owner={owner} budget={budget} />
			<DangerAct
				action={words.remove}
				title={words.removeTitle(budgetName(budget))}
				consequence={words.removeWhat}
				run={() =>
					call<unknown>("PATCH", owner.path, { body: { budgets: owner.budgets.filter((one) => one.id !== id) } })
				}
				refreshes={owner.refreshes}
			/>
		</div>
	);
}
