// Invites a person by a link that is shown once, and takes back links that were not opened.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { all } from "~/api/lists";
import type { Invitation } from "~/api/types";
import { frameWords } from "~/app/frame-words";
import { useWords } from "~/i18n/language";
import { keyWords } from "~/screens/keys/words";
import { type Admitted, AdmittedFields, admits, bodyOf } from "~/screens/people/admitted-fields";
import { TeamLinks } from "~/screens/people/team-links";
import { peopleWords } from "~/screens/people/words";
import { Button } from "~/ui/button";
import { Snippet } from "~/ui/copy";
import { Dialog } from "~/ui/dialog";
import { FormFoot } from "~/ui/form-foot";
import { Panel } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { Table } from "~/ui/table";
import { Exactly } from "~/ui/values";

export function InvitationList({ mayChange }: { readonly mayChange: boolean }) {
	const words = useWords(peopleWords);
	const { roles } = useWords(frameWords);
	const queries = useQueryClient();
	const invitations = useQuery({
		queryKey: ["invitations"],
		queryFn: ({ signal }) => all<Invitation>("/admin/invitations", {}, signal),
	});
	const remove = useMutation({
		mutationFn: (id: string) => call<unknown>("DELETE", `/admin/invitations/${id}`),
		onSuccess: () => queries.invalidateQueries({ queryKey: ["invitations"] }),
	});
	return (
		<Panel title={words.invitations}>
			<Loaded query={invitations}>
				{(every) => {
					const open = every.filter(({ status }) => status === "open");
					if (open.length === 0) return <p className="m-0 text-kumo-subtle">{words.noInvitations}</p>;
					return (
						<Table
							caption={words.invitations}
							rows={open}
							rowKey={({ id }) => id}
							columns={[
								{ id: "role", title: words.role, cell: ({ role }) => roles[role] },
								{ id: "teams", title: words.teams, cell: ({ teams }) => <TeamLinks teams={teams} /> },
								{ id: "until", title: words.until, cell: (row) => <Exactly at={row.expires_at} />, wideOnly: true },
								...(mayChange
									? [
											{
												id: "acts",
												title: words.acts,
												cell: ({ id }: Invitation) => (
													<Button
														kind="quiet"
														busy={remove.isPending && remove.variables === id}
														onClick={() => remove.mutate(id)}
													>
														{words.takeBack}
													</Button>
												),
											},
										]
									: []),
							]}
						/>
					);
				}}
			</Loaded>
		</Panel>
	);
}

export function InviteDialog({ onClose }: { readonly onClose: () => void }) {
	const words = useWords(peopleWords);
	const { done } = useWords(keyWords);
	const queries = useQueryClient();
	const [admitted, setAdmitted] = useState<Admitted>({ role: "member", teams: [] });
	const [checked, setChecked] = useState(false);
	const invite = useMutation({
		mutationFn: () => call<Invitation & { url: string }>("POST", "/admin/invitations", { body: bodyOf(admitted) }),
		onSuccess: () => queries.invalidateQueries({ queryKey: ["invitations"] }),
	});
	if (invite.data !== undefined) {
		return (
			<Dialog title={words.invite} description={words.inviteShown} onClose={onClose}>
				<div className="flex flex-col gap-4">
					<Snippet text={invite.data.url} />
					<div className="flex justify-end">
						<Button kind="primary" onClick={onClose}>
							{done}
						</Button>
					</div>
				</div>
			</Dialog>
		);
	}
	return (
		<Dialog title={words.invite} description={words.inviteWhat} onClose={onClose}>
			<form
				className="flex flex-col gap-4"
				onSubmit={(event) => {
					event.preventDefault();
					setChecked(true);
					if (admits(admitted)) invite.mutate();
				}}
			>
				<AdmittedFields
					roles={["member", "team_manager", "viewer", "admin"]}
					admitted={admitted}
					onChange={setAdmitted}
					checked={checked}
				/>
				<FormFoot action={words.makeLink} attempt={invite} onCancel={onClose} />
			</form>
		</Dialog>
	);
}
