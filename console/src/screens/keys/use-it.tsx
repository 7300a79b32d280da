// Ready snippets for every client, with the key in them.
import { useState } from "react";
import { useWords } from "~/i18n/language";
import { snippetsFor } from "~/screens/keys/snippets";
import { keyWords } from "~/screens/keys/words";
import { Snippet } from "~/ui/copy";
import { Panel } from "~/ui/panel";
import { Tabs } from "~/ui/tabs";

const DEFAULT_MODEL = "gpt-6-luna";

export function UseIt({ secret, models }: { readonly secret: string; readonly models: readonly string[] | null }) {
	const words = useWords(keyWords);
	// A pattern names no model that could be sent.
	const model = models?.find((name) => !name.includes("*")) ?? DEFAULT_MODEL;
	const snippets = snippetsFor(location.origin, secret, model);
	const [chosen, choose] = useState("curl");
	const snippet = snippets.find(({ name }) => name === chosen) ?? snippets[0];
	return (
		<Panel title={words.snippets}>
			<div className="overflow-x-auto">
				<Tabs tabs={snippets.map(({ name }) => ({ value: name, label: name }))} value={chosen} onChange={choose} />
			</div>
			{snippet === undefined ? null : <Snippet text={snippet.text} />}
		</Panel>
	);
}
