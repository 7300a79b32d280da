// The teams that a person or a machine reaches, each the door to its own sheet; null is all of them.
import { Link } from "@tanstack/react-router";
import { useNames } from "~/api/names";
import { useWords } from "~/i18n/language";
import { peopleWords } from "~/screens/people/words";

export function TeamLinks({ teams }: { readonly teams: readonly string[] | null }) {
	const words = useWords(peopleWords);
	const nameOf = useNames();
	if (teams === null) return words.allTeams;
	return teams.map((id, place) => (
		<span key={id}>
			{place === 0 ? "" : ", "}
			<Link to="/teams" search={{ open: id }} className="text-kumo-link">
				{nameOf(id)}
			</Link>
		</span>
	));
}
