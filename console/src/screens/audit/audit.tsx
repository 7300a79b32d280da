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
import { defineWords, useWords } from "~/i18n/language";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { Difference } from "~/ui/difference";
import { SelectField } from "~/ui/fields";
import { Screen } from "~/ui/panel";
import { Empty, Failure, Skeleton } from "~/ui/states";
import { Table } from "~/ui/table";
import { RowTime } from "~/ui/values";

const PAGE = 50;
const KINDS = [
	"team",
	"key",
	"key_request",
	"budget_change",
	"provider",
	"credential",
	"circuit",
	"model",
	"learnt_models",
	"model_sync",
	"alias",
	"routing_rules",
	"defaults",
	"token",
	"invitation",
	"alert",
	"payload",
	"cost_import",
] as const;

const auditWords = defineWords(
	{
		caption: "Changes, newest first",
		who: "Who",
		what: "What",
		subject: "Of",
		kind: "Kind",
		kinds: {
			team: "team",
			key: "API key",
			key_request: "request for a key",
			budget_change: "budget",
			provider: "provider",
			credential: "credential",
			circuit: "circuit",
			model: "model",
			learnt_models: "learnt models",
			model_sync: "list of models",
			alias: "alias",
			routing_rules: "routing rules",
			defaults: "defaults",
			token: "token",
			invitation: "invitation",
			alert: "alert",
			payload: "stored content",
			cost_import: "imported costs",
		},
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
		kinds: {
			team: "团队",
			key: "API 密钥",
			key_request: "密钥申请",
			budget_change: "预算",
			provider: "供应商",
			credential: "凭据",
			circuit: "熔断器",
			model: "模型",
			learnt_models: "获知的模型",
			model_sync: "模型列表",
			alias: "别名",
			routing_rules: "路由规则",
			defaults: "默认设置",
			token: "令牌",
			invitation: "邀请",
			alert: "告警",
			payload: "已存内容",
			cost_import: "导入的费用",
		},
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
	const kinds: Readonly<Record<string, string>> = words.kinds;
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
						{ id: "what", title: words.what, cell: ({ kind, action }) => `${kinds[kind] ?? kind}: ${action}` },
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

/** What a change was of, as the door to it where it has a place of its own, else to all that was changed of it. */
function Subject({ entry }: { readonly entry: AuditEntry }) {
	const nameOf = useNames();
	const { subject } = entry;
	const place = placeOf(entry) ?? { to: "/audit", search: { subject } };
	return (
		<Link to={place.to} search={place.search} className="text-kumo-link">
			{nameOf(subject)}
		</Link>
	);
}

/** Null for what no screen shows by itself. */
function placeOf({
	kind,
	subject,
	before,
	after,
}: AuditEntry): { readonly to: string; readonly search: Filters } | null {
	switch (kind) {
		case "team":
			return { to: "/teams", search: { open: subject } };
		case "key":
			return { to: "/keys", search: { open: subject } };
		case "budget_change":
			return placeOfOwner(ownerOf(after) ?? ownerOf(before));
		case "provider":
		case "circuit":
		case "learnt_models":
			return { to: "/providers", search: { open: subject } };
		case "model":
			return { to: "/models", search: { open: subject } };
		case "alias":
			return { to: "/models", search: { tab: "aliases", open: subject } };
		case "token":
		case "invitation":
		case "key_request":
			return { to: "/people", search: {} };
		case "payload":
			return { to: "/requests", search: { open: subject } };
		default:
			return null;
	}
}

function placeOfOwner(owner: string | null) {
	if (owner === null) return null;
	return { to: owner.startsWith("team_") ? "/teams" : "/keys", search: { open: owner } };
}

/** The team or key whose budget was changed. */
function ownerOf(content: unknown): string | null {
	const { owner } = (content ?? {}) as { readonly owner?: unknown };
	return typeof owner === "string" ? owner : null;
}
