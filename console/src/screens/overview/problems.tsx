// The latest requests that failed, grouped by cause, each a door to them.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { call } from "~/api/client";
import type { Page } from "~/api/lists";
import type { RequestRow } from "~/api/types";
import { useWords } from "~/i18n/language";
import { overviewWords } from "~/screens/overview/words";
import { Loaded } from "~/ui/states";
import { Table } from "~/ui/table";
import { Ago, Count } from "~/ui/values";

const LATEST = 100;
const REFRESH_MS = 15_000;

interface Props {
	/** Of one team, or of all. */
	readonly team: string | undefined;
	readonly from: string;
	readonly to: string;
}

export function Problems({ team: team_id, from, to }: Props) {
	const words = useWords(overviewWords);
	const failures = useQuery({
		queryKey: ["requests", "problems", team_id, from, to],
		queryFn: ({ signal }) =>
			call<Page<RequestRow>>("GET", "/admin/requests", {
				query: { team_id, status: "failed", from, to, live: true, limit: LATEST },
				signal,
			}),
		refetchInterval: REFRESH_MS,
	});
	return (
		<Loaded query={failures} rows={3}>
			{({ data: rows, has_more }) => {
				if (rows.length === 0) return <p className="m-0 text-kumo-subtle">{words.noProblems}</p>;
				const causes = [...Map.groupBy(rows, ({ error_code, status }) => error_code ?? `${status}`)]
					.map(([cause, found]) => ({
						cause,
						found,
						latest: found.reduce((last, { at }) => (at > last ? at : last), ""),
					}))
					.toSorted((a, b) => b.found.length - a.found.length);
				return (
					<>
						{has_more ? <p className="m-0 text-kumo-subtle">{words.latest(LATEST)}</p> : null}
						<Table
							caption={words.problems}
							rows={causes}
							rowKey={({ cause }) => cause}
							columns={[
								{
									id: "cause",
									title: words.cause,
									cell: ({ cause, found }) => (
										<Link
											to="/requests"
											search={{ ...(team_id && { team_id }), ...(found[0] && causeOf(found[0])), from, to }}
											className="text-kumo-link"
										>
											{cause}
										</Link>
									),
								},
								{
									id: "number",
									title: words.number,
									figure: true,
									cell: ({ found }) => <Count value={found.length} />,
								},
								{ id: "latest", title: words.lastSeen, figure: true, cell: ({ latest }) => <Ago at={latest} /> },
							]}
						/>
					</>
				);
			}}
		</Loaded>
	);
}

/** What asks for the requests of the same cause. */
function causeOf({ error_code, status }: RequestRow) {
	return error_code === null ? { status: `${status}` } : { error_code };
}
