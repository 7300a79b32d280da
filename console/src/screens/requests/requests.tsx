// The log: live unless paused, filtered by the address, and each row opens what is known of the request.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { memo, useCallback, useMemo, useState } from "react";
import { call, withQuery } from "~/api/client";
import type { Page } from "~/api/lists";
import { useNames } from "~/api/names";
import type { RequestRow } from "~/api/types";
import { type Filters, useFilters } from "~/app/filters";
import { PeriodField, periodOf, spanOf } from "~/app/period";
import { count, duration } from "~/format/numbers";
import { rowTime } from "~/format/time";
import { common } from "~/i18n/common";
import { type Language, useLanguage, useWords } from "~/i18n/language";
import { RequestFilters } from "~/screens/requests/request-filters";
import { RequestSheet } from "~/screens/requests/request-sheet";
import { RequestStatus } from "~/screens/requests/request-status";
import { requestWords } from "~/screens/requests/words";
import { Button } from "~/ui/button";
import { Screen } from "~/ui/panel";
import { Empty, Failure, Skeleton } from "~/ui/states";
import { Status, Tag } from "~/ui/status";
import { type Column, Table } from "~/ui/table";
import { Money, RowTime } from "~/ui/values";

const LIVE_MS = 3000;
const PAGE = 50;
const OK = 200;

export function Requests() {
	const words = useWords(requestWords);
	const shared = useWords(common);
	const [filters, change] = useFilters();
	const { language } = useLanguage();
	const [live, setLive] = useState(true);
	const { open, period: _period, ...given } = filters;
	const period = periodOf(filters, "7d");
	// The end stays open, so that what comes in is seen.
	const asked = given.from === undefined ? { ...given, from: spanOf(period, Date.now()).from } : given;
	const list = useInfiniteQuery({
		queryKey: ["requests", asked],
		queryFn: ({ pageParam, signal }) =>
			call<Page<RequestRow>>("GET", "/admin/requests", {
				query: { ...asked, live: true, limit: PAGE, after: pageParam },
				signal,
			}),
		initialPageParam: null as string | null,
		getNextPageParam: (page) => page.next,
		// Asking for all pages anew would move them under the reader's eyes.
		refetchInterval: ({ state }) => (live && (state.data?.pages.length ?? 1) === 1 ? LIVE_MS : false),
		placeholderData: (before) => before,
	});
	const older = (list.data?.pages.length ?? 1) > 1;
	const { data, refetch } = list;
	const rows = useMemo(() => data?.pages.flatMap((page) => page.data), [data]);
	const retry = useCallback(() => void refetch(), [refetch]);
	return (
		<Screen
			title={shared.requests}
			actions={
				<>
					<PeriodField
						period={period}
						change={change}
						span={given.from === undefined ? null : spanText(given.from, given.to, language)}
					/>
					<a
						className="text-kumo-link"
						href={withQuery("/admin/requests", { ...asked, format: "csv" })}
						download="requests.csv"
					>
						{words.export}
					</a>
					<Status light={live && !older ? "good" : "neutral"}>{live && !older ? words.live : words.paused}</Status>
					<Button aria-pressed={!live} onClick={() => setLive(!live)}>
						{live ? words.pause : words.resume}
					</Button>
				</>
			}
		>
			<RequestFilters filters={filters} change={change} />
			<Rows rows={rows} error={list.error} onRetry={retry} />
			{list.hasNextPage ? (
				<div className="flex justify-center">
					<Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
						{shared.more}
					</Button>
				</div>
			) : null}
			{open === undefined ? null : <RequestSheet id={open} onClose={() => change({ open: "" })} />}
		</Screen>
	);
}

interface RowsProps {
	readonly rows: readonly RequestRow[] | undefined;
	readonly error: Error | null;
	readonly onRetry: () => void;
}

/** Drawn again only for other rows: a filter is asked for the sooner the less is drawn when it is set. */
const Rows = memo(function Rows({ rows, error, onRetry }: RowsProps) {
	const words = useWords(requestWords);
	const columns = useColumns();
	if (rows === undefined) return error === null ? <Skeleton rows={8} /> : <Failure error={error} onRetry={onRetry} />;
	if (rows.length === 0) return <Empty title={words.empty}>{words.emptyWhy}</Empty>;
	return <Table caption={words.caption} columns={columns} rows={rows} rowKey={({ id }) => id} />;
});

function useColumns(): readonly Column<RequestRow>[] {
	const words = useWords(requestWords);
	const shared = useWords(common);
	const { language } = useLanguage();
	const nameOf = useNames();
	const tokens = (value: number) => count(value, language);
	return [
		{
			id: "at",
			title: shared.time,
			cell: ({ id, at }) => (
				<Link to="/requests" search={(before: Filters) => ({ ...before, open: id })} className="text-kumo-link">
					<RowTime at={at} />
				</Link>
			),
		},
		{ id: "status", title: shared.status, cell: (row) => <RequestStatus request={row} /> },
		{
			id: "cost",
			title: shared.cost,
			figure: true,
			cell: ({ cost, estimated }) => (
				<>
					<Money usd={cost} /> {estimated ? <Tag>{shared.estimated}</Tag> : null}
				</>
			),
		},
		{ id: "key", title: shared.key, cell: ({ key_id }) => nameOf(key_id), wideOnly: true },
		{
			id: "served",
			title: words.modelServed,
			cell: ({ provider, model, tries }) => (
				<span className="inline-flex flex-col items-start">
					{provider === null ? "–" : `${provider}/${model ?? "?"}`}
					{tries.length > 1 ? <Tries tries={tries} /> : null}
				</span>
			),
		},
		{
			id: "in",
			title: words.tokensIn,
			figure: true,
			wideOnly: true,
			cell: ({ input_tokens, cached_input_tokens }) =>
				cached_input_tokens === 0 ? (
					tokens(input_tokens)
				) : (
					<span title={words.cachedOf(tokens(cached_input_tokens), tokens(input_tokens))}>
						<span className="text-kumo-subtle">{tokens(cached_input_tokens)} + </span>
						{tokens(input_tokens - cached_input_tokens)}
					</span>
				),
		},
		{
			id: "out",
			title: words.tokensOut,
			figure: true,
			wideOnly: true,
			cell: ({ output_tokens }) => tokens(output_tokens),
		},
		{
			id: "ttft",
			title: words.firstToken,
			figure: true,
			wideOnly: true,
			cell: ({ ttft_ms }) => (ttft_ms === null ? "–" : duration(ttft_ms, language)),
		},
		{ id: "app", title: shared.app, cell: ({ app }) => app ?? "–", wideOnly: true },
		{
			id: "asked",
			title: words.modelAsked,
			cell: ({ requested_model, alias }) => alias ?? requested_model ?? "–",
			wideOnly: true,
		},
		{ id: "speed", title: words.speed, figure: true, wideOnly: true, cell: (row) => speed(row, language) },
	];
}

/** The providers that were asked, one after another, and how each ended. */
function Tries({ tries }: { readonly tries: RequestRow["tries"] }) {
	const words = useWords(requestWords);
	const told = tries.map(({ provider, end, fault, upstream_status }) => {
		const how = end === "answered" ? OK : (upstream_status ?? fault ?? end);
		return `${provider ?? "?"} ${words.ends[how as keyof typeof words.ends] ?? how}`;
	});
	return <Tag>{told.join(" → ")}</Tag>;
}

/** A span of the address as people read it. */
function spanText(from: string, to: string | undefined, language: Language): string {
	const end = to === undefined ? "…" : rowTime(to, 0, language);
	return `${rowTime(from, 0, language)} – ${end}`;
}

/** Output tokens a second, of the time in which they came. */
function speed({ output_tokens, latency_ms, ttft_ms }: RequestRow, language: Language): string {
	if (latency_ms === null || ttft_ms === null || latency_ms <= ttft_ms || output_tokens === 0) return "–";
	return count(Math.round(output_tokens / ((latency_ms - ttft_ms) / 1000)), language);
}
