// Keys that members ask for beyond what they may have by themselves; a manager or an admin decides.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { useKeyRequests } from "~/api/self-service";
import { useSession } from "~/api/session";
import type { KeyRequest } from "~/api/types";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { useBudgetText } from "~/screens/my-keys/own-requests";
import { TeamLinks } from "~/screens/people/team-links";
import { peopleWords } from "~/screens/people/words";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { TextField } from "~/ui/fields";
import { FormFoot } from "~/ui/form-foot";
import { Panel } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { Table } from "~/ui/table";
import { ToldAlert } from "~/ui/told";

export function WaitingRequests() {
	const words = useWords(peopleWords);
	const shared = useWords(common);
	const { role } = useSession();
	const requests = useKeyRequests("waiting");
	const budgetOf = useBudgetText();
	return (
		<Panel title={words.waiting}>
			<Loaded query={requests}>
				{(rows) =>
					rows.length === 0 ? (
						<p className="m-0 text-kumo-subtle">{words.noneWaiting}</p>
					) : (
						<Table
							caption={words.waiting}
							rows={rows}
							rowKey={({ id }) => id}
							columns={[
								{ id: "asker", title: words.asker, cell: ({ asker }) => asker },
								{ id: "name", title: shared.name, cell: ({ name }) => name },
								{
									id: "team",
									title: shared.team,
									cell: ({ team_id }) => <TeamLinks teams={[team_id]} />,
									wideOnly: true,
								},
								{ id: "wanted", title: words.wanted, cell: budgetOf },
								{ id: "why", title: words.why, cell: (row) => row.reason ?? "–", wideOnly: true },
								...(role === "viewer"
									? []
									: [{ id: "acts", title: words.acts, cell: (row: KeyRequest) => <Decide request={row} /> }]),
							]}
						/>
					)
				}
			</Loaded>
		</Panel>
	);
}

function Decide({ request }: { readonly request: KeyRequest }) {
	const words = useWords(peopleWords);
	const queries = useQueryClient();
	const [refusing, setRefusing] = useState(false);
	const [why, setWhy] = useState("");
	const done = () => queries.invalidateQueries({ queryKey: ["key-requests"] });
	const path = `/admin/key-requests/${request.id}`;
	const approve = useMutation({
		mutationFn: () => call<KeyRequest>("POST", `${path}/approve`),
		onSuccess: () => Promise.all([done(), queries.invalidateQueries({ queryKey: ["keys"] })]),
	});
	const refuse = useMutation({
		mutationFn: () => call<KeyRequest>("POST", `${path}/refuse`, { body: { reason: why } }),
		onSuccess: done,
	});
	return (
		<div className="flex gap-2">
			<Button busy={approve.isPending} onClick={() => approve.mutate()}>
				{words.approve}
			</Button>
			<Button kind="quiet" onClick={() => setRefusing(true)}>
				{words.refuse}
			</Button>
			<ToldAlert error={approve.error} />
			{refusing ? (
				<Dialog
					title={words.refuseTitle(request.name)}
					description={words.refuseWhy}
					onClose={() => setRefusing(false)}
				>
					<form
						className="flex flex-col gap-4"
						onSubmit={(event) => {
							event.preventDefault();
							refuse.mutate();
						}}
					>
						<TextField label={words.why} value={why} onChange={setWhy} maxLength={500} required autoFocus />
						<FormFoot action={words.refuse} attempt={refuse} onCancel={() => setRefusing(false)} />
					</form>
				</Dialog>
			) : null}
		</div>
	);
}
