// The role that a person or a machine is let in with, and the teams that it reaches.
import { useTeams } from "~/api/names";
import type { Role } from "~/api/session";
import { frameWords } from "~/app/frame-words";
import { useWords } from "~/i18n/language";
import { peopleWords } from "~/screens/people/words";
import { CheckboxField, SelectField } from "~/ui/fields";

export interface Admitted {
	readonly role: Role;
	readonly teams: readonly string[];
}

interface Props {
	readonly roles: readonly Role[];
	readonly admitted: Admitted;
	readonly onChange: (admitted: Admitted) => void;
	/** Whether to say what is missing. */
	readonly checked: boolean;
}

export function AdmittedFields({ roles, admitted, onChange, checked }: Props) {
	const words = useWords(peopleWords);
	const { roles: roleNames } = useWords(frameWords);
	const teams = useTeams();
	const choose = (id: string, on: boolean) => {
		const others = admitted.teams.filter((one) => one !== id);
		onChange({ ...admitted, teams: on ? [...others, id] : others });
	};
	return (
		<>
			<SelectField
				label={words.role}
				value={admitted.role}
				onChange={(role) => onChange({ ...admitted, role })}
				options={roles.map((value) => ({ value, label: roleNames[value] }))}
			/>
			{admitted.role === "admin" ? null : (
				<fieldset className="m-0 flex flex-col gap-2 border-0 p-0">
					<legend className="mb-1.5 p-0 font-medium">{words.teams}</legend>
					{(teams.data ?? []).map(({ id, name }) => (
						<CheckboxField
							key={id}
							label={name}
							checked={admitted.teams.includes(id)}
							onChange={(on) => choose(id, on)}
						/>
					))}
					{checked && !admits(admitted) ? <p className="m-0 text-kumo-danger">{words.noTeam}</p> : null}
				</fieldset>
			)}
		</>
	);
}

/** A viewer without a team sees all of them; a manager or a member is one of certain teams. */
export function admits({ role, teams }: Admitted): boolean {
	return role === "admin" || role === "viewer" || teams.length > 0;
}

/** As the API takes them: null is all teams. */
export function bodyOf({ role, teams }: Admitted) {
	return { role, teams: role === "admin" || teams.length === 0 ? null : teams };
}
