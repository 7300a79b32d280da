// The tokens of people and machines: role, teams, last use, and the end of one.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { all } from "~/api/lists";
import { useNames } from "~/api/names";
import type { AdminToken } from "~/api/types";
import { frameWords } from "~/app/frame-words";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { peopleWords } from "~/screens/people/words";
import { Button } from "~/ui/button";
import { DangerDialog } from "~/ui/dialog";
import { Panel } from "~/ui/panel";
import { Empty, Loaded, reason } from "~/ui/states";
import { Status } from "~/ui/status";
import { Table } from "~/ui/table";
import { Ago, Exactly } from "~/ui/values";

const LIGHTS = { active: "good", expired: "neutral", revoked: "neutral" } as const;

export function TokenList({ mayChange }: { readonly mayChange: boolean }) {
	const words = useWords(peopleWords);
	const shared = useWords(common);
	const { roles } = useWords(frameWords);
	const teamsText = useTeamsText();
	const tokens = useQuery({
		queryKey: ["tokens"],
		queryFn: ({ signal }) => all<AdminToken>("/admin/tokens", {}, signal),
	});
	return (
		<Panel title={words.tokens}>
			<Loaded query={tokens}>
				{(rows) =>
					rows.length === 0 ? (
						<Empty title={words.noTokens}>{words.noTokensWhy}</Empty>
					) : (
						<Table
							caption={words.tokens}
							rows={rows}
							rowKey={({ id }) => id}
							columns={[
								{ id: "name", title: shared.name, cell: ({ name }) => name },
								{ id: "role", title: words.role, cell: ({ role }) => roles[role] },
								{ id: "teams", title: words.teams, cell: ({ teams }) => teamsText(teams), wideOnly: true },
								{
									id: "state",
									title: shared.status,
									cell: ({ status }) => <Status light={LIGHTS[status]}>{words.states[status]}</Status>,
								},
								{
									id: "used",
									title: words.lastUsed,
									cell: ({ last_used_at: at }) => (at === null ? words.never : <Ago at={at} />),
									wideOnly: true,
								},
								{
									id: "expires",
									title: words.expires,
									cell: ({ expires_at: at }) => (at === null ? "–" : <Exactly at={at} />),
									wideOnly: true,
								},
								...(mayChange
									? [
											{
												id: "acts",
												title: words.acts,
												cell: (token: AdminToken) => (token.status === "active" ? <Revoke token={token} /> : null),
											},
										]
									: []),
							]}
						/>
					)
				}
			</Loaded>
		</Panel>
	);
}

/** The names of teams; null is all of them. */
export function useTeamsText(): (teams: readonly string[] | null) => string {
	const words = useWords(peopleWords);
	const nameOf = useNames();
	return (teams) => teams?.map(nameOf).join(", ") ?? words.allTeams;
}

function Revoke({ token }: { readonly token: AdminToken }) {
	const words = useWords(peopleWords);
	const shared = useWords(common);
	const queries = useQueryClient();
	const [asking, setAsking] = useState(false);
	const revoke = useMutation({
		mutationFn: () => call<AdminToken>("DELETE", `/admin/tokens/${token.id}`),
		onSuccess: async () => {
			await Promise.all(["tokens", "sessions"].map((subject) => queries.invalidateQueries({ queryKey: [subject] })));
			setAsking(false);
		},
	});
	return (
		<>
			<Button kind="quiet" onClick={() => setAsking(true)}>
				{words.revoke}
			</Button>
			{asking ? (
				<DangerDialog
					title={words.revokeTitle(token.name)}
					consequence={words.revokeWhat}
					action={words.revoke}
					busy={revoke.isPending}
					error={revoke.error === null ? undefined : reason(revoke.error, shared.unreachable)}
					onConfirm={() => revoke.mutate()}
					onClose={() => setAsking(false)}
				/>
			) : null}
		</>
	);
}
