// Names of keys and teams by their ids: lists tell ids, people read names.
import { useQuery } from "@tanstack/react-query";
import { all } from "~/api/lists";
import { useReach } from "~/api/session";
import type { Key, Team } from "~/api/types";

const STALE_MS = 60_000;

export function useKeys() {
	return useQuery({
		queryKey: ["keys", "all"],
		queryFn: ({ signal }) => all<Key>("/admin/keys", {}, signal),
		staleTime: STALE_MS,
	});
}

/** Stays without data where the role reads no teams. */
export function useTeams() {
	const { teams } = useReach();
	return useQuery({
		queryKey: ["teams", "all"],
		queryFn: ({ signal }) => all<Team>("/admin/teams", {}, signal),
		enabled: teams,
		staleTime: STALE_MS,
	});
}

/** The name of a key or a team; its id where the name is not known (yet). */
export function useNames(): (id: string) => string {
	const keys = useKeys();
	const teams = useTeams();
	return (id) => [...(keys.data ?? []), ...(teams.data ?? [])].find((one) => one.id === id)?.name ?? id;
}
