// A screen's filters stand in the address: they can be sent to a colleague, and are kept on the way back.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

export type Filters = Readonly<Record<string, string | undefined>>;

/** The address's filters, and what changes some of them; an empty text takes one away. */
export function useFilters(): readonly [filters: Filters, change: (some: Filters) => void] {
	const filters: Filters = useSearch({ strict: false });
	const navigate = useNavigate();
	const change = useCallback(
		(some: Filters) => {
			void navigate({
				to: ".",
				replace: true,
				search: (before: Filters) =>
					Object.fromEntries(
						Object.entries({ ...before, ...some }).filter(([, value]) => value !== undefined && value !== ""),
					),
			});
		},
		[navigate],
	);
	return [filters, change];
}
