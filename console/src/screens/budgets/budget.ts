// What a budget is called, and what of its owner's requests it counts, in words; and whose it is, for what changes it.
import type { QueryKey } from "@tanstack/react-query";
import type { Key } from "~/api/types";
import { money } from "~/format/money";
import { useLanguage, useWords } from "~/i18n/language";
import { useOperationName } from "~/i18n/operations";
import { budgetWords } from "~/screens/budgets/words";

export type Budget = Key["budgets"][number];
export const WINDOWS = ["month", "week", "day", "total"] as const;
/** An amount in USD, as a person writes it. */
export const AMOUNT = /^\d+(\.\d{1,9})?$/;

/** The key or team that has a budget. */
export interface BudgetOwner {
	readonly name: string;
	/** Where its list of budgets is changed. */
	readonly path: string;
	readonly budgets: readonly Budget[];
	/** The queries that show it. */
	readonly refreshes: readonly QueryKey[];
}

/** Its own name, else its limit and window. */
export function useBudgetName(): (budget: Pick<Budget, "name" | "limit_usd" | "window">) => string {
	const words = useWords(budgetWords);
	const { language } = useLanguage();
	return ({ name, limit_usd, window }) =>
		name ?? words.of(money(limit_usd, language), typeof window === "string" ? words.windows[window] : words.rolling);
}

type Narrowing = Pick<Budget, "operations" | "models" | "providers" | "per_end_user" | "action">;

/** What sets it apart from a budget that counts everything and refuses; null where nothing does. */
export function useNarrowing(): (budget: Narrowing) => string | null {
	const words = useWords(budgetWords);
	const operationName = useOperationName();
	return ({ operations, models, providers, per_end_user, action }) => {
		const counted = [operations?.map(operationName).join(", "), models?.join(", "), providers?.join(", ")].filter(
			(part) => part !== undefined,
		);
		const parts = [
			...(counted.length === 0 ? [] : [words.only(counted.join(" · "))]),
			...(per_end_user ? [words.perEndUser] : []),
			...(action === "warn" ? [words.warns] : []),
		];
		return parts.length === 0 ? null : parts.join(" · ");
	};
}
