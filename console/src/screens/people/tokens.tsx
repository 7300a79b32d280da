// The tokens of people, and those of machines: role, teams, last use, and the end of one.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { call } from "~/api/client";
import { all } from "~/api/lists";
import type { AdminToken, Invitation } from "~/api/types";
import { frameWords } from "~/app/frame-words";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { TeamLinks } from "~/screens/people/team-links";
import { peopleWords } from "~/screens/people/words";
import { DangerAct } from "~/ui/danger-act";
import { Panel } from "~/ui/panel";
import { Empty, Loaded } from "~/ui/states";
import { Status } from "~/ui/status";
import { Table } from "~/ui/table";
import { Ago, Exactly } from "~/ui/values";

const LIGHTS = { active: "good", expired: "neutral", revoked: "neutral" } as const;

interface Props {
	readonly of: "people" | "machines";
	readonly mayChange: boolean;
	readonly actions?: ReactNode;
}

export function TokenList({ of, mayChange, actions }: Props) {
	const words = useWords(peopleWords);
	const shared = useWords(common);
	const { roles } = useWords(frameWords);
	const tokens = useQuery({
		queryKey: ["tokens", of],
		queryFn: ({ signal }) => tokensOf(of, signal),
	});
	return (
		<Panel title={words.tokens[of]} actions={actions}>
			<Loaded query={tokens}>
				{(rows) =>
					rows.length === 0 ? (
						<Empty title={words.noTokens[of]}>{words.noTokensWhy[of]}</Empty>
					) : (
						<Table
							caption={words.tokens[of]}
							rows={rows}
							rowKey={({ id }) => id}
							columns={[
								{
									id: "name",
									title: shared.name,
									cell: ({ id, name }) => (
										<Link to="/audit" search={{ subject: id }} className="text-kumo-link">
											{name}
										</Link>
									),
								},
								{ id: "role", title: words.role, cell: ({ role }) => roles[role] },
								{ id: "teams", title: words.teams, cell: ({ teams }) => <TeamLinks teams={teams} />, wideOnly: true },
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
												cell: (token: AdminToken) =>
													token.status === "active" ? (
														<DangerAct
															action={words.revoke}
															title={words.revokeTitle(token.name)}
															consequence={words.revokeWhat}
															run={() => call<AdminToken>("DELETE", `/admin/tokens/${token.id}`)}
															refreshes={[["tokens"], ["sessions"]]}
														/>
													) : null,
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

/** A person's token came by an invitation; every other was made for a machine. */
async function tokensOf(of: Props["of"], signal: AbortSignal): Promise<readonly AdminToken[]> {
	const [tokens, invitations] = await Promise.all([
		all<AdminToken>("/admin/tokens", {}, signal),
		all<Invitation>("/admin/invitations", {}, signal),
	]);
	const persons = new Set(invitations.map(({ accepted_by }) => accepted_by));
	return tokens.filter(({ id, owner_id }) => (persons.has(id) || owner_id !== null) === (of === "people"));
}
