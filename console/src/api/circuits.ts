// The circuits of all providers, polled while they are looked at.
import { useQuery } from "@tanstack/react-query";
import { all } from "~/api/lists";
import { pauseOf } from "~/api/live";
import type { Circuit, Circuits } from "~/api/types";

export function useCircuits(enabled = true) {
	return useQuery({
		queryKey: ["circuits"],
		queryFn: ({ signal }) => all<Circuits>("/admin/circuits", {}, signal),
		enabled,
		// Each provider has an object.
		refetchInterval: ({ state }) => pauseOf(state.data?.length ?? 0),
	});
}

/** A circuit that keeps requests away, or some of them. */
export function isShut({ state }: Circuit): boolean {
	return state !== "closed";
}
