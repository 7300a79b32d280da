// The catalog, the aliases, and the router's reasons.
import { useFilters } from "~/app/filters";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { Aliases } from "~/screens/models/aliases";
import { Catalog } from "~/screens/models/catalog";
import { WhyThisRoute } from "~/screens/models/why-this-route";
import { modelWords } from "~/screens/models/words";
import { Screen } from "~/ui/panel";
import { Tabs } from "~/ui/tabs";

const TABS = ["catalog", "aliases", "route"] as const;

export function Models() {
	const words = useWords(modelWords);
	const shared = useWords(common);
	const [filters, change] = useFilters();
	const tab = TABS.find((name) => name === filters.tab) ?? "catalog";
	return (
		<Screen title={shared.models}>
			<Tabs
				tabs={TABS.map((value) => ({ value, label: words.tabs[value] }))}
				value={tab}
				onChange={(next) => change({ tab: next === "catalog" ? "" : next, open: "" })}
			/>
			{tab === "catalog" ? <Catalog filters={filters} change={change} /> : null}
			{tab === "aliases" ? <Aliases filters={filters} change={change} /> : null}
			{tab === "route" ? <WhyThisRoute asked={filters} /> : null}
		</Screen>
	);
}
