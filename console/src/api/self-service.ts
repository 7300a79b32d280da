// A member's teams, and requests for keys: a member's own, or those that wait for a manager.
import { useQuery } from "@tanstack/react-query";
import { all } from "~/api/lists";
import { useSession } from "~/api/session";
import type { KeyRequest, OwnTeam } from "~/api/types";

const REFRESH_MS = 30_000;

/** A person may ask for keys; the holder of a key, who signed in by it, has that one alone. */
export function useMayAsk(): boolean {
	const { role, owner_id: owner } = useSession();
	return role === "member" && owner !== null && !/^key_[0-9a-f]{32}$/.test(owner);
}

export function useOwnTeams() {
	return useQuery({
		queryKey: ["teams", "own"],
		queryFn: ({ signal }) => all<OwnTeam>("/admin/own-teams", {}, signal),
	});
}

export function useKeyRequests(status?: KeyRequest["status"]) {
	return useQuery({
		queryKey: ["key-requests", status],
		queryFn: ({ signal }) => all<KeyRequest>("/admin/key-requests", { status }, signal),
		refetchInterval: REFRESH_MS,
	});
}
