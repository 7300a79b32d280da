// The sessions that are open now, and the end of one.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { call } from "~/api/client";
import { all } from "~/api/lists";
import { type Session, useSession } from "~/api/session";
import { frameWords } from "~/app/frame-words";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { peopleWords } from "~/screens/people/words";
import { Button } from "~/ui/button";
import { Panel } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { Tag } from "~/ui/status";
import { Table } from "~/ui/table";
import { Ago } from "~/ui/values";

export function SessionList({ mayChange }: { readonly mayChange: boolean }) {
	const words = useWords(peopleWords);
	const shared = useWords(common);
	const { roles } = useWords(frameWords);
	const { id: own } = useSession();
	const queries = useQueryClient();
	const sessions = useQuery({
		queryKey: ["sessions"],
		queryFn: ({ signal }) => all<Session>("/admin/sessions", {}, signal),
	});
	const end = useMutation({
		mutationFn: (id: string) => call<unknown>("DELETE", `/admin/sessions/${id}`),
		onSuccess: () => queries.invalidateQueries({ queryKey: ["sessions"] }),
	});
	return (
		<Panel title={words.sessions}>
			<Loaded query={sessions}>
				{(rows) =>
					rows.length === 0 ? (
						<p className="m-0 text-kumo-subtle">{words.noSessions}</p>
					) : (
						<Table
							caption={words.sessions}
							rows={rows}
							rowKey={({ id }) => id}
							columns={[
								{
									id: "name",
									title: shared.name,
									cell: ({ id, name }) => (
										<span className="flex items-center gap-2">
											<Link to="/audit" search={{ who: `${name} (${id})` }} className="text-kumo-link">
												{name}
											</Link>
											{id === own ? <Tag>{words.this}</Tag> : null}
										</span>
									),
								},
								{ id: "role", title: words.role, cell: ({ role }) => roles[role] },
								{
									id: "used",
									title: words.lastUsed,
									cell: ({ last_used_at }) => <Ago at={last_used_at} />,
									wideOnly: true,
								},
								{
									id: "browser",
									title: words.browser,
									cell: ({ agent }) => <span className="block max-w-80 truncate">{agent}</span>,
									wideOnly: true,
								},
								...(mayChange
									? [
											{
												id: "acts",
												title: words.acts,
												cell: ({ id }: Session) =>
													id === own ? null : (
														<Button
															kind="quiet"
															busy={end.isPending && end.variables === id}
															onClick={() => end.mutate(id)}
														>
															{words.end}
														</Button>
													),
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
