// What was changed, by which person or program, and how it read before and after.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { call } from "~/api/client";
import type { Page } from "~/api/lists";
import { useNames } from "~/api/names";
import type { AuditEntry } from "~/api/types";
import { type Filters, useFilters } from "~/app/filters";
import { common } from "~/i18n/common";
import { defineWords, useWords } from "~/i18n/language";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { Difference } from "~/ui/difference";
import { TextField } from "~/ui/fields";
import { Screen } from "~/ui/panel";
import { Empty, Failure, Skeleton } from "~/ui/states";
import { Table } from "~/ui/table";
import { RowTime } from "~/ui/values";

const PAGE = 50;

const auditWords = defineWords(
	{
		caption: "Changes, newest first",
		who: "Who",
		what: "What",
		subject: "Of",
		kind: "Kind",
		empty: "Nothing was changed yet",
		emptyWhy: "Every change through the console or the admin API is written down here.",
		detail: (action: string, subject: string) => `${action}: ${subject}`,
	},
	{
		caption: "变更，最新的在前",
		who: "操作人",
		what: "操作",
		subject: "对象",
		kind: "类型",
		empty: "还没有变更",
		emptyWhy: "通过控制台或管理 API 的每项变更都会记录在此。",
		detail: (action, subject) => `${action}：${subject}`,
	},
);

export function Audit() {
	const words = useWords(auditWords);
	const shared = useWords(common);
	const nameOf = useNames();
	const [filters, change] = useFilters();
	const { open, ...asked } = filters;
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
						["kind", words.kind],
					] as const
				).map(([name, label]) => (
					<div key={name} className="w-48">
						<TextField label={label} value={filters[name] ?? ""} onChange={(value) => change({ [name]: value })} />
					</div>
				))}
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
						{ id: "who", title: words.who, cell: ({ who }) => who },
						{ id: "what", title: words.what, cell: ({ kind, action }) => `${kind} ${action}` },
						{ id: "subject", title: words.subject, cell: ({ subject }) => nameOf(subject) },
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
					title={words.detail(opened.action, nameOf(opened.subject))}
					description={opened.who}
					shape="sheet"
					onClose={() => change({ open: "" })}
				>
					<Difference
						caption={words.detail(opened.action, opened.subject)}
						before={opened.before}
						after={opened.after}
					/>
				</Dialog>
			)}
		</Screen>
	);
}
