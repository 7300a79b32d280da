// What was changed, by which person or program, and how it read before and after.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { call } from "~/api/client";
import type { Page } from "~/api/lists";
import { useNames } from "~/api/names";
import type { AuditEntry } from "~/api/types";
import { FilterField } from "~/app/filter-field";
import { type Filters, useFilters } from "~/app/filters";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { Subject } from "~/screens/audit/subject";
import { auditWords, KINDS } from "~/screens/audit/words";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { Difference } from "~/ui/difference";
import { SelectField } from "~/ui/fields";
import { Screen } from "~/ui/panel";
import { Empty, Failure, Skeleton } from "~/ui/states";
import { Table } from "~/ui/table";
import { RowTime } from "~/ui/values";

const PAGE = 50;
export function Audit() {
	const words = useWords(auditWords);
	const shared = useWords(common);
	const nameOf = useNames();
	const [filters, change] = useFilters();
	const { open, ...asked } = filters;
	// The API may have some that have no name here.
	const kinds: Readonly<Record<string, string>> = words.kinds;
	const actions: Readonly<Record<string, string>> = words.actions;
	const list = useInfiniteQuery({
		queryKey: ["audit", asked],
		queryFn: ({ pageParam, signal }) =>
			call<Page<AuditEntry>>("GET", "/admin/audit", { query: { ...asked, limit: PAGE, after: pageParam }, signal }),
		initialPageParam: null as string | null,
		getNextPageParam: (page) => page.next,
		placeholderData: (before) => before,
	});
	const rows = list.data?.pages.flatMap((page) => page.data);
	const opened = rows?.find(({ id }) => id === open);
	return (
		<Screen title={shared.audit}>
			<search className="flex flex-wrap items-end gap-2">
				{(
					[
						["subject", words.subject],
						["who", words.who],
					] as const
				).map(([name, label]) => (
					<div key={name} className="w-48">
						<FilterField label={label} value={filters[name] ?? ""} onChange={(value) => change({ [name]: value })} />
					</div>
				))}
				<SelectField
					label={words.kind}
					value={filters.kind ?? ""}
					onChange={(kind) => change({ kind })}
					options={[{ value: "", label: shared.all }, ...KINDS.map((value) => ({ value, label: words.kinds[value] }))]}
				/>
			</search>
			{rows === undefined ? (
				list.error === null ? (
					<Skeleton rows={8} />
				) : (
					<Failure error={list.error} onRetry={() => void list.refetch()} />
				)
			) : rows.length === 0 ? (
				<Empty title={words.empty}>{words.emptyWhy}</Empty>
			) : (
				<Table
					caption={words.caption}
					rows={rows}
					rowKey={({ id }) => id}
					columns={[
						{
							id: "at",
							title: shared.time,
							cell: ({ id, at }) => (
								<Link to="/audit" search={(before: Filters) => ({ ...before, open: id })} className="text-kumo-link">
									<RowTime at={at} />
								</Link>
							),
						},
						{
							id: "who",
							title: words.who,
							cell: ({ who }) => (
								<Link to="/audit" search={(before: Filters) => ({ ...before, who })} className="text-kumo-link">
									{who}
								</Link>
							),
						},
						{
							id: "what",
							title: words.what,
							cell: ({ kind, action }) => words.did(kinds[kind] ?? kind, actions[action] ?? action),
						},
						{ id: "subject", title: words.subject, cell: (entry) => <Subject entry={entry} /> },
					]}
				/>
			)}
			{list.hasNextPage ? (
				<div className="flex justify-center">
					<Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
						{shared.more}
					</Button>
				</div>
			) : null}
			{opened === undefined ? null : (
				<Dialog
					title={words.detail(actions[opened.action] ?? opened.action, nameOf(opened.subject))}
					description={opened.who}
					shape="sheet"
					onClose={() => change({ open: "" })}
				>
					<Difference
						caption={words.detail(actions[opened.action] ?? opened.action, opened.subject)}
						before={opened.before}
						after={opened.after}
					/>
				</Dialog>
			)}
		</Screen>
	);
}
