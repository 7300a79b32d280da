// The list of keys: what each spent, when it was last used, and which of them want looking after.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useNames } from "~/api/names";
import { useSession } from "~/api/session";
import { FilterField } from "~/app/filter-field";
import { type Filters, useFilters } from "~/app/filters";
import { Sparkline } from "~/charts/sparkline";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { inView, type KeyRow, useKeyRows, VIEWS } from "~/screens/keys/key-rows";
import { KeySheet } from "~/screens/keys/key-sheet";
import { LastUsed } from "~/screens/keys/last-used";
import { NewKeyDialog } from "~/screens/keys/new-key";
import { keyWords } from "~/screens/keys/words";
import { Button } from "~/ui/button";
import { Screen } from "~/ui/panel";
import { Empty, Loaded } from "~/ui/states";
import { Status } from "~/ui/status";
import { type Column, Table } from "~/ui/table";
import { Tabs } from "~/ui/tabs";
import { Money } from "~/ui/values";

const LIGHTS = { active: "good", expired: "neutral", revoked: "neutral" } as const;

export function Keys() {
	const words = useWords(keyWords);
	const shared = useWords(common);
	const [filters, change] = useFilters();
	const { role } = useSession();
	const [making, setMaking] = useState(false);
	const { keys, rows } = useKeyRows();
	const columns = useColumns();
	const view = VIEWS.find((name) => name === filters.view) ?? "all";
	const text = (filters.search ?? "").toLowerCase();
	const mayMake = role === "admin" || role === "team_manager";
	const newKey = (label: string) => (
		<Button kind="primary" onClick={() => setMaking(true)}>
			{label}
		</Button>
	);
	const shown = (rows ?? [])
		.filter((row) => inView(row, view, Date.now()))
		.filter(({ key }) => filters.team_id === undefined || key.team_id === filters.team_id)
		.filter(({ key }) => `${key.name} ${key.last4}`.toLowerCase().includes(text))
		.toSorted((a, b) => Number(b.spend) - Number(a.spend));
	const labelOf = (name: (typeof VIEWS)[number]) => {
		const found = (rows ?? []).filter((row) => inView(row, name, Date.now())).length;
		return name === "all" ? words.views.all : words.viewOf(words.views[name], found);
	};
	return (
		<Screen title={shared.keys} actions={mayMake ? newKey(words.create) : null}>
			<div className="flex flex-wrap items-end justify-between gap-3">
				<Tabs
					tabs={VIEWS.map((value) => ({ value, label: labelOf(value) }))}
					value={view}
					onChange={(next) => change({ view: next === "all" ? "" : next })}
				/>
				<div className="w-56">
					<FilterField
						label={words.search}
						type="search"
						value={filters.search ?? ""}
						onChange={(search) => change({ search })}
					/>
				</div>
			</div>
			{view === "all" ? null : <p className="m-0 text-kumo-subtle">{words.viewHints[view]}</p>}
			<Loaded query={keys} rows={8}>
				{(all) =>
					all.length === 0 ? (
						<Empty title={words.empty} action={mayMake ? newKey(words.createFirst) : null}>
							{words.emptyWhy}
						</Empty>
					) : (
						<Table caption={words.caption} columns={columns} rows={shown} rowKey={({ key }) => key.id} />
					)
				}
			</Loaded>
			{making ? (
				<NewKeyDialog onClose={() => setMaking(false)} {...(filters.team_id && { team: filters.team_id })} />
			) : null}
			{filters.open === undefined ? null : <KeySheet id={filters.open} onClose={() => change({ open: "" })} />}
		</Screen>
	);
}

function useColumns(): readonly Column<KeyRow>[] {
	const words = useWords(keyWords);
	const shared = useWords(common);
	const nameOf = useNames();
	return [
		{
			id: "name",
			title: shared.name,
			cell: ({ key }) => (
				<Link to="/keys" search={(before: Filters) => ({ ...before, open: key.id })} className="text-kumo-link">
					{key.name}
				</Link>
			),
		},
		{ id: "tail", title: shared.key, cell: ({ key }) => <code>…{key.last4}</code>, wideOnly: true },
		{ id: "team", title: shared.team, cell: ({ key }) => nameOf(key.team_id), wideOnly: true },
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
			cell: ({ key, spend, days }) => (
				<Link
					to="/usage"
					search={{ key_id: key.id, interval: "day" }}
					className="inline-flex items-center gap-2 text-kumo-link"
				>
					<span className="max-md:hidden">
						<Sparkline title={words.spendByDay(key.name)} values={days} />
					</span>
					<span className="min-w-18">
						<Money usd={spend} />
					</span>
				</Link>
			),
		},
	];
}
