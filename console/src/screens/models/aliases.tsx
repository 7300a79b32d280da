// Aliases: ranked lists of models under one name, each with its versions behind it.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { all } from "~/api/lists";
import { useSession } from "~/api/session";
import type { Alias } from "~/api/types";
import type { Filters } from "~/app/filters";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { AliasForm } from "~/screens/models/alias-form";
import { AliasSheet } from "~/screens/models/alias-sheet";
import { modelWords } from "~/screens/models/words";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { Empty, Loaded } from "~/ui/states";
import { Table } from "~/ui/table";

export function Aliases({ filters, change }: { readonly filters: Filters; readonly change: (some: Filters) => void }) {
	const words = useWords(modelWords);
	const shared = useWords(common);
	const { role } = useSession();
	const [making, setMaking] = useState(false);
	const query = useQuery({ queryKey: ["aliases"], queryFn: ({ signal }) => all<Alias>("/admin/aliases", {}, signal) });
	const opened = query.data?.find(({ name }) => name === filters.open);
	return (
		<>
			{role === "admin" ? (
				<div className="flex justify-end">
					<Button kind="primary" onClick={() => setMaking(true)}>
						{words.newAlias}
					</Button>
				</div>
			) : null}
			<Loaded query={query} rows={4}>
				{(aliases) =>
					aliases.length === 0 ? (
						<Empty title={words.noAlias}>{words.noAliasWhy}</Empty>
					) : (
						<Table
							caption={words.tabs.aliases}
							rows={aliases}
							rowKey={({ name }) => name}
							columns={[
								{
									id: "name",
									title: shared.name,
									cell: ({ name }) => (
										<Link
											to="/models"
											search={(before: Filters) => ({ ...before, open: name })}
											className="text-kumo-link"
										>
											{name}
										</Link>
									),
								},
								{
									id: "strategy",
									title: words.strategy,
									cell: ({ strategy }) => words.strategyNames[strategy],
									wideOnly: true,
								},
								{
									id: "models",
									title: words.members,
									wraps: true,
									cell: ({ models }) => models.map(({ model }) => model).join(" → "),
								},
								{ id: "version", title: words.version, figure: true, wideOnly: true, cell: ({ version }) => version },
							]}
						/>
					)
				}
			</Loaded>
			{making ? (
				<Dialog title={words.newAlias} description={words.noAliasWhy} onClose={() => setMaking(false)}>
					<AliasForm alias={null} onDone={() => setMaking(false)} />
				</Dialog>
			) : null}
			{opened === undefined ? null : <AliasSheet alias={opened} onClose={() => change({ open: "" })} />}
		</>
	);
}
