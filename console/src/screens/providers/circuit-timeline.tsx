// The last 24 hours of a provider's circuits, one line each, with the same as a table beside it.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useCircuits } from "~/api/circuits";
import { call } from "~/api/client";
import type { Page } from "~/api/lists";
import type { CircuitTransition } from "~/api/types";
import { clockTime, rowTime } from "~/format/time";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { isWell, type Stretch, type TimelineRow, timelineOf } from "~/screens/providers/timeline";
import { providerWords } from "~/screens/providers/words";
import { Button } from "~/ui/button";
import { Panel } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { Table } from "~/ui/table";
import { RowTime } from "~/ui/values";

const DAY_MS = 86_400_000;
const REFRESH_MS = 30_000;
/** More lines than a person reads; those with trouble come first. */
const MAX_ROWS = 20;

export function CircuitTimeline({ name }: { readonly name: string }) {
	const words = useWords(providerWords);
	const shared = useWords(common);
	const [asTable, setAsTable] = useState(false);
	const circuits = useCircuits();
	const changes = useQuery({
		queryKey: ["circuits", name, "history"],
		queryFn: ({ signal }) =>
			call<Page<CircuitTransition>>("GET", `/admin/circuits/${encodeURIComponent(name)}/history`, { signal }),
		refetchInterval: REFRESH_MS,
	});
	return (
		<Panel
			title={words.timeline}
			actions={
				<Button kind="quiet" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
					{asTable ? shared.showAsChart : shared.showAsTable}
				</Button>
			}
		>
			<Loaded query={changes} rows={3}>
				{({ data }) => {
					if (asTable) return <Changes changes={data} />;
					const to = Date.now();
					const cells = circuits.data?.find(({ id }) => id === name)?.circuits ?? [];
					const rows = timelineOf(cells, data, to - DAY_MS, to);
					return <Lines rows={rows.slice(0, MAX_ROWS)} to={to} />;
				}}
			</Loaded>
		</Panel>
	);
}

function Lines({ rows, to }: { readonly rows: readonly TimelineRow[]; readonly to: number }) {
	const words = useWords(providerWords);
	const { language } = useLanguage();
	if (rows.length === 0) return <p className="m-0 text-kumo-subtle">{words.noCircuits}</p>;
	const from = to - DAY_MS;
	const told = ({ stretches }: TimelineRow) => {
		const shut = stretches.filter(({ state }) => !isWell(state));
		if (shut.length === 0) return words.wellAllDay;
		return shut
			.map((one) => `${stateName(one.state)} ${clockTime(one.from, language)} – ${clockTime(one.to, language)}`)
			.join(", ");
	};
	return (
		<ul className="m-0 flex list-none flex-col gap-2 p-0">
			{rows.map((row) => {
				const name = [row.credential, row.model].filter((part) => part !== null).join(" / ") || words.whole;
				return (
					<li key={name} className="flex flex-col gap-0.5">
						<span className="flex flex-wrap justify-between gap-x-4">
							<span className="break-all">{name}</span>
							<span className="figures text-kumo-subtle">{told(row)}</span>
						</span>
						<span className="relative block h-2.5 overflow-hidden rounded-sm bg-kumo-fill" aria-hidden="true">
							{row.stretches.map((one) => (
								<span
									key={one.from}
									className={`absolute h-2.5 ${colourOf(one)}`}
									style={{
										left: `${((one.from - from) / DAY_MS) * 100}%`,
										width: `max(2px, ${((one.to - one.from) / DAY_MS) * 100}%)`,
									}}
								/>
							))}
						</span>
					</li>
				);
			})}
			<li className="figures flex justify-between text-kumo-subtle" aria-hidden="true">
				<span>{rowTime(new Date(from).toISOString(), to, language)}</span>
				<span>{clockTime(to, language)}</span>
			</li>
		</ul>
	);

	function stateName(state: string): string {
		return words.changes[state as keyof typeof words.changes] ?? state;
	}
}

function colourOf({ state }: Stretch): string {
	if (isWell(state)) return "bg-kumo-success";
	return state === "open" || state === "forced_open" ? "bg-kumo-danger" : "bg-kumo-warning";
}

function Changes({ changes }: { readonly changes: readonly CircuitTransition[] }) {
	const words = useWords(providerWords);
	const shared = useWords(common);
	const name = (state: string) => words.changes[state as keyof typeof words.changes] ?? state;
	if (changes.length === 0) return <p className="m-0 text-kumo-subtle">{words.wellAllDay}</p>;
	return (
		<Table
			caption={words.timeline}
			rows={changes}
			rowKey={({ id }) => id}
			columns={[
				{ id: "at", title: shared.time, cell: ({ at }) => <RowTime at={at} /> },
				{
					id: "cell",
					title: words.cell,
					wraps: true,
					cell: ({ credential, model }) =>
						[credential, model].filter((part) => part !== null).join(" / ") || words.whole,
				},
				{ id: "change", title: words.state, cell: ({ from, to }) => `${name(from)} → ${name(to)}` },
				{ id: "reason", title: words.reason, wraps: true, cell: ({ reason }) => reason ?? "–" },
			]}
		/>
	);
}
