// A member's own keys: what each spent, what more may be had without asking, own requests, and how to use a key.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useMayAsk, useOwnTeams } from "~/api/self-service";
import type { OwnTeam } from "~/api/types";
import { type Filters, useFilters } from "~/app/filters";
import { money } from "~/format/money";
import { count } from "~/format/numbers";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { type KeyRow, useKeyRows } from "~/screens/keys/key-rows";
import { KeySheet } from "~/screens/keys/key-sheet";
import { LastUsed } from "~/screens/keys/last-used";
import { UseIt } from "~/screens/keys/use-it";
import { keyWords } from "~/screens/keys/words";
import { AskForKey } from "~/screens/my-keys/ask-for-key";
import { OwnRequests } from "~/screens/my-keys/own-requests";
import { myKeyWords } from "~/screens/my-keys/words";
import { Button } from "~/ui/button";
import { Panel, Screen } from "~/ui/panel";
import { Empty, Loaded } from "~/ui/states";
import { Status } from "~/ui/status";
import { type Column, Table } from "~/ui/table";
import { Money } from "~/ui/values";

const LIGHTS = { active: "good", expired: "neutral", revoked: "neutral" } as const;

export function MyKeys() {
	const words = useWords(myKeyWords);
	const shared = useWords(common);
	const [filters, change] = useFilters();
	const [asking, setAsking] = useState(false);
	const mayAsk = useMayAsk();
	const { keys, rows } = useKeyRows();
	const columns = useColumns();
	const ask = mayAsk ? (
		<Button kind="primary" onClick={() => setAsking(true)}>
			{words.ask}
		</Button>
	) : null;
	return (
		<Screen title={shared.myKeys} actions={ask}>
			<Loaded query={keys}>
				{(all) =>
					all.length === 0 ? (
						<Empty title={words.empty}>{words.emptyWhy}</Empty>
					) : (
						<Table caption={shared.myKeys} columns={columns} rows={rows ?? []} rowKey={({ key }) => key.id} />
					)
				}
			</Loaded>
			<p className="m-0 flex flex-wrap gap-4">
				<Link to="/usage" className="text-kumo-link">
					{words.seeUsage}
				</Link>
				<Link to="/requests" className="text-kumo-link">
					{words.seeRequests}
				</Link>
			</p>
			{mayAsk ? (
				<>
					<Ceilings />
					<OwnRequests />
				</>
			) : null}
			<UseIt secret={words.placeholder} models={null} />
			{asking ? <AskForKey onClose={() => setAsking(false)} /> : null}
			{filters.open === undefined ? null : <KeySheet id={filters.open} onClose={() => change({ open: "" })} />}
		</Screen>
	);
}

function Ceilings() {
	const words = useWords(myKeyWords);
	const { language } = useLanguage();
	const teams = useOwnTeams();
	const told = ({ self_service: ceilings, counted_keys: counted }: OwnTeam): string => {
		if (ceilings === null) return words.noCeilings;
		const keys = `${count(counted, language)} / ${count(ceilings.max_keys, language)}`;
		const may = words.ceiling(keys, money(ceilings.max_budget_usd, language), words.windows[ceilings.window]);
		return ceilings.max_days === null ? may : `${may} · ${words.days(count(ceilings.max_days, language))}`;
	};
	return (
		<Panel title={words.ceilings}>
			<Loaded query={teams}>
				{(all) => (
					<dl className="m-0 grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
						{all.map((team) => (
							<div key={team.id} className="contents">
								<dt className="break-words text-kumo-subtle">{team.name}</dt>
								<dd className="figures m-0">{told(team)}</dd>
							</div>
						))}
					</dl>
				)}
			</Loaded>
		</Panel>
	);
}

function useColumns(): readonly Column<KeyRow>[] {
	const words = useWords(keyWords);
	const shared = useWords(common);
	return [
		{
			id: "name",
			title: shared.name,
			cell: ({ key }) => (
				<Link to="/my-keys" search={(before: Filters) => ({ ...before, open: key.id })} className="text-kumo-link">
					{key.name}
				</Link>
			),
		},
		{ id: "tail", title: shared.key, cell: ({ key }) => <code>…{key.last4}</code> },
		{
			id: "state",
			title: words.state,
			cell: ({ key }) => <Status light={LIGHTS[key.status]}>{words.states[key.status]}</Status>,
		},
		{
			id: "used",
			title: words.lastUsed,
			cell: ({ key }) => <LastUsed at={key.last_used_at} />,
			wideOnly: true,
		},
		{
			id: "spend",
			title: words.spend,
			figure: true,
			cell: ({ key, spend }) => (
				<Link to="/requests" search={{ key_id: key.id }} className="text-kumo-link">
					<Money usd={spend} />
				</Link>
			),
		},
	];
}
