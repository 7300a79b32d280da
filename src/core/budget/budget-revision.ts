// Lays budgets that an admin asks for over those that are there, so that money spent stays spent.
import type { BudgetSpec } from "./budget";

/** A budget as an admin asks for it. With an id it means one that is there. */
export type WantedBudget = Omit<BudgetSpec, "id"> & { readonly id?: string };

type Revision =
	| { readonly outcome: "revised"; readonly budgets: readonly BudgetSpec[] }
	/** The entry at `index` names a budget that is not there. */
	| { readonly outcome: "unknown"; readonly index: number };

/**
 * What replaces a list of budgets. A budget keeps its id, and with it what was counted, as long as it counts the same
 * way; one that would count another way gets a new id from `newId`. Entries without an id keep that of a budget which
 * counts the same way over the same models, providers and operations, so that writing a list twice, or with another
 * limit, frees no money. So do entries whose id is gone: the request that took it away may be the same one, sent again.
 */
export function reviseBudgets(
	before: readonly BudgetSpec[],
	wanted: readonly WantedBudget[],
	newId: () => string,
): Revision {
	const free = new Set(before);
	const kept = new Map<WantedBudget, BudgetSpec>();
	// The surest matches first, so that no entry takes the budget that another one means.
	for (const means of [sameId, sameInAll, sameScope]) {
		for (const entry of wanted) {
			if (kept.has(entry)) continue;
			const match = [...free].find((budget) => means(budget, entry));
			if (match === undefined) continue;
			free.delete(match);
			kept.set(entry, match);
		}
	}
	const budgets: BudgetSpec[] = [];
	for (const [index, entry] of wanted.entries()) {
		const match = kept.get(entry);
		if (match === undefined && entry.id !== undefined) return { outcome: "unknown", index };
		const id = match !== undefined && countsAlike(match, entry) ? match.id : newId();
		budgets.push({ ...entry, id });
	}
	return { outcome: "revised", budgets };
}

function sameId(budget: BudgetSpec, entry: WantedBudget): boolean {
	return budget.id === entry.id;
}

function sameScope(budget: BudgetSpec, entry: WantedBudget): boolean {
	return (
		countsAlike(budget, entry) &&
		samePatterns(budget.models, entry.models) &&
		samePatterns(budget.providers, entry.providers) &&
		samePatterns(budget.operations, entry.operations)
	);
}

function sameInAll(budget: BudgetSpec, entry: WantedBudget): boolean {
	return sameScope(budget, entry) && budget.action === entry.action && budget.name === entry.name;
}

function countsAlike(budget: BudgetSpec, entry: WantedBudget): boolean {
	return (
		budget.owner === entry.owner &&
		budget.perEndUser === entry.perEndUser &&
		JSON.stringify(budget.window) === JSON.stringify(entry.window) &&
		budget.timeZone.toLowerCase() === entry.timeZone.toLowerCase()
	);
}

function samePatterns(some: readonly string[] | undefined, others: readonly string[] | undefined): boolean {
	return JSON.stringify(some?.toSorted()) === JSON.stringify(others?.toSorted());
}
