// The role that a person or a machine is let in with, and the teams that it reaches.
import { useTeams } from "~/api/names";
import type { Role } from "~/api/session";
import { frameWords } from "~/app/frame-words";
import { useWords } from "~/i18n/language";
import { peopleWords } from "~/screens/people/words";
import { Choices } from "~/ui/choices";
import { SelectField } from "~/ui/fields";

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
	return (
		<>
			<SelectField
				label={words.role}
				value={admitted.role}
				onChange={(role) => onChange({ ...admitted, role })}
				options={roles.map((value) => ({ value, label: roleNames[value] }))}
			/>
			{admitted.role === "admin" ? null : (
				<Choices
					label={words.teams}
					options={(teams.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
					chosen={admitted.teams}
					onChange={(chosen) => onChange({ ...admitted, teams: chosen })}
					error={checked && !admits(admitted) ? words.noTeam : undefined}
				/>
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
