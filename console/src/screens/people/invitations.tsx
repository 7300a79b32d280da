// Invites a person by a link that is shown once, and takes back links that were not opened.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { all } from "~/api/lists";
import { useTeams } from "~/api/names";
import type { Role } from "~/api/session";
import type { Invitation } from "~/api/types";
import { frameWords } from "~/app/frame-words";
import { useWords } from "~/i18n/language";
import { keyWords } from "~/screens/keys/words";
import { useTeamsText } from "~/screens/people/tokens";
import { peopleWords } from "~/screens/people/words";
import { Button } from "~/ui/button";
import { Snippet } from "~/ui/copy";
import { Dialog } from "~/ui/dialog";
import { CheckboxField, SelectField } from "~/ui/fields";
import { FormFoot } from "~/ui/form-foot";
import { Panel } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { Table } from "~/ui/table";
import { Exactly } from "~/ui/values";

const ROLES: readonly Role[] = ["member", "team_manager", "viewer", "admin"];

export function InvitationList({ mayChange }: { readonly mayChange: boolean }) {
	const words = useWords(peopleWords);
	const { roles } = useWords(frameWords);
	const teamsText = useTeamsText();
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
								{ id: "teams", title: words.teams, cell: ({ teams }) => teamsText(teams) },
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
	const { roles } = useWords(frameWords);
	const queries = useQueryClient();
	const teams = useTeams();
	const [role, setRole] = useState<Role>("member");
	const [chosen, setChosen] = useState<readonly string[]>([]);
	const [checked, setChecked] = useState(false);
	const needsTeam = (role === "member" || role === "team_manager") && chosen.length === 0;
	const invite = useMutation({
		mutationFn: () =>
			call<Invitation & { url: string }>("POST", "/admin/invitations", {
				body: { role, teams: role === "admin" || chosen.length === 0 ? null : chosen },
			}),
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
					if (!needsTeam) invite.mutate();
				}}
			>
				<SelectField
					label={words.role}
					value={role}
					onChange={setRole}
					options={ROLES.map((value) => ({ value, label: roles[value] }))}
				/>
				{role === "admin" ? null : (
					<fieldset className="m-0 flex flex-col gap-2 border-0 p-0">
						<legend className="mb-1.5 p-0 font-medium">{words.teams}</legend>
						{(teams.data ?? []).map(({ id, name }) => (
							<CheckboxField
								key={id}
								label={name}
								checked={chosen.includes(id)}
								onChange={(on) => setChosen(on ? [...chosen, id] : chosen.filter((one) => one !== id))}
							/>
						))}
						{checked && needsTeam ? <p className="m-0 text-kumo-danger">{words.noTeam}</p> : null}
					</fieldset>
				)}
				<FormFoot action={words.makeLink} attempt={invite} onCancel={onClose} />
			</form>
		</Dialog>
	);
}
