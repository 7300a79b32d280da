// Circuits that are not closed, with since when and when the next trial is.
import { Link } from "@tanstack/react-router";
import { isShut, useCircuits } from "~/api/circuits";
import { clockTime } from "~/format/time";
import { useLanguage, useWords } from "~/i18n/language";
import { overviewWords } from "~/screens/overview/words";
import { useTrialText } from "~/screens/providers/circuit-trial";
import { Loaded } from "~/ui/states";
import { Status } from "~/ui/status";

export function Circuits() {
	const words = useWords(overviewWords);
	const { language } = useLanguage();
	const trialText = useTrialText();
	const circuits = useCircuits();
	return (
		<Loaded query={circuits} rows={3}>
			{(providers) => {
				const shut = providers.flatMap(({ id, circuits: all }) =>
					(all ?? []).filter(isShut).map((circuit) => ({ id, circuit })),
				);
				if (shut.length === 0) return <p className="m-0 text-kumo-subtle">{words.allServing}</p>;
				return (
					<ul className="m-0 flex list-none flex-col gap-2 p-0">
						{shut.map(({ id, circuit }) => {
							const since = clockTime(circuit.since, language);
							const trial = trialText(circuit);
							return (
								<li
									key={`${id}/${circuit.credential}/${circuit.model}`}
									className="flex flex-wrap justify-between gap-x-4"
								>
									<Link to="/providers" search={{ open: id }} className="text-kumo-link">
										{[id, circuit.model].filter((part) => part !== null).join("/")}
									</Link>
									<Status light={circuit.state === "open" ? "bad" : "warning"}>{words.states[circuit.state]}</Status>
									<span className="figures text-kumo-subtle">
										{words.since(since)}
										{trial === null ? null : ` · ${trial}`}
									</span>
								</li>
							);
						})}
					</ul>
				);
			}}
		</Loaded>
	);
}
