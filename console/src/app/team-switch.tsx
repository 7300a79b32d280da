// Narrows what screens show to one team. It stands in the address, and stays from screen to screen.
import { useRouterState } from "@tanstack/react-router";
import { useTeams } from "~/api/names";
import { type Filters, useFilters } from "~/app/filters";
import { frameWords } from "~/app/frame-words";
import { SCREENS } from "~/app/screens";
import { useWords } from "~/i18n/language";
import { SelectField } from "~/ui/fields";

/** Only where the screen goes by it, and there is a choice. */
export function TeamSwitch() {
	const words = useWords(frameWords);
	const path = useRouterState({ select: (state) => state.location.pathname });
	const teams = useTeams().data ?? [];
	const [filters, change] = useFilters();
	const goesByIt = SCREENS.some((screen) => screen.path === path && screen.byTeam);
	if (!goesByIt || teams.length < 2) return null;
	return (
		<SelectField
			label={words.teamShown}
			labelHidden
			value={filters.team_id ?? ""}
			onChange={(team_id) => change({ team_id })}
			options={[{ value: "", label: words.allTeams }, ...teams.map(({ id, name }) => ({ value: id, label: name }))]}
		/>
	);
}

/** What of the address stays when another screen is gone to. */
export function keptBetweenScreens({ team_id }: Filters): Filters {
	return team_id === undefined ? {} : { team_id };
}
