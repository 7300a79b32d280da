// The circuits of all providers, polled while they are looked at.
import { useQuery } from "@tanstack/react-query";
import { all } from "~/api/lists";
import type { Circuit, Circuits } from "~/api/types";

const REFRESH_MS = 10_000;

export function useCircuits() {
	return useQuery({
		queryKey: ["circuits"],
		queryFn: ({ signal }) => all<Circuits>("/admin/circuits", {}, signal),
		refetchInterval: REFRESH_MS,
	});
}

/** A circuit that keeps requests away, or some of them. */
export function isShut({ state }: Circuit): boolean {
	return state !== "closed";
}
