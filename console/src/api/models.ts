// Every model that is known here; the list is long and changes seldom.
import { useQuery } from "@tanstack/react-query";
import { all } from "~/api/lists";
import type { KnownModel } from "~/api/types";

const STALE_MS = 60_000;

export function useModels(enabled = true) {
	return useQuery({
		queryKey: ["models", "all"],
		queryFn: ({ signal }) => all<KnownModel>("/admin/models", {}, signal),
		enabled,
		staleTime: STALE_MS,
	});
}

/** The price that holds today: of those that have begun, the last. */
export function priceNow({ prices }: Pick<KnownModel, "prices">) {
	const today = new Date().toISOString().slice(0, 10);
	return prices?.findLast(({ from }) => from === undefined || from <= today);
}
