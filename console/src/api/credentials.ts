// The accounts that the gateway has at a provider: of their secrets, the last four characters.
import { useQuery } from "@tanstack/react-query";
import { ApiError } from "~/api/client";
import { all } from "~/api/lists";

const STALE_MS = 60_000;

export interface Credential {
	readonly id: string;
	readonly name: string;
	/** Empty where it is too short, or cannot be read. */
	readonly last4: string;
	readonly weight: number;
	readonly source: "admin" | "provider" | "environment";
	readonly status: "enabled" | "disabled" | "unreadable";
	/** Absent where the environment holds it. */
	readonly created_at?: string;
}

/** None for a provider that is bound to the account of the gateway, and takes no credential. */
export function useCredentials(provider: string, enabled = true) {
	return useQuery({
		queryKey: ["providers", provider, "credentials"],
		queryFn: async ({ signal }) => {
			try {
				return await all<Credential>(`/admin/providers/${encodeURIComponent(provider)}/credentials`, {}, signal);
			} catch (error) {
				if (error instanceof ApiError && error.code === "provider_takes_no_credential") return [];
				throw error;
			}
		},
		enabled,
		staleTime: STALE_MS,
	});
}
