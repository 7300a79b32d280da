// The person who is signed in here, what they may do, and how they come and go.
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "~/api/client";
import type { components } from "../../../.generated/api";

export type Role = Session["role"];

export type Session = components["schemas"]["Session"];

/** A session that was begun by an invitation comes with the person's own token, which is shown this once. */
type Begun = Session & { readonly token?: string };

/** One of the ways in: an admin token, an API key (its holder sees only its own), or an invitation's code. */
export type Credential = { readonly token: string } | { readonly invitation: string; readonly name: string };

export const sessionQuery = queryOptions({
	queryKey: ["session"],
	queryFn: ({ signal }) => call<Session>("GET", "/admin/session", { signal }),
	retry: false,
	staleTime: Number.POSITIVE_INFINITY,
});

/** Throws where no person is signed in: screens stand behind the door. */
export function useSession(): Session {
	const { data } = useQuery(sessionQuery);
	if (data === undefined) throw new Error("a screen was shown to a person who is not signed in");
	return data;
}

/**
 * What this person reads beyond what is their own, as the gateway's table of rights has it: screens ask for no more.
 * What concerns the whole gateway is not for an actor of certain teams.
 */
export function reachOf({ role, teams }: Pick<Session, "role" | "teams">) {
	return { gateway: (role === "admin" || role === "viewer") && teams === null, teams: role !== "member" };
}

export function useReach(): ReturnType<typeof reachOf> {
	return reachOf(useSession());
}

export function useSignIn() {
	const queries = useQueryClient();
	return useMutation({
		mutationFn: (credential: Credential) => call<Begun>("POST", "/admin/session", { body: credential }),
		// A person who was invited reads their token before they go in.
		onSuccess: (session) => {
			if (session.token === undefined) queries.setQueryData(sessionQuery.queryKey, session);
		},
	});
}

export function useSignOut() {
	const queries = useQueryClient();
	return useMutation({
		mutationFn: () => call<unknown>("DELETE", "/admin/session"),
		onSuccess: () => {
			queries.clear();
			location.assign("/console/");
		},
	});
}
