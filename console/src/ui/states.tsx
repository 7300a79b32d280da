// What a part of a screen shows while it loads, when it is empty, when it failed, and where a role does not reach.
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError } from "~/api/client";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { Button } from "~/ui/button";
import { Told } from "~/ui/told";

const FORBIDDEN = 403;

/** A part that is loaded by one query: each part loads, fails and is forbidden alone. */
export function Loaded<Data>({
	query,
	rows = 4,
	children,
}: {
	readonly query: UseQueryResult<Data>;
	/** How much room to keep while it loads. */
	readonly rows?: number;
	readonly children: (data: Data) => ReactNode;
}) {
	if (query.data !== undefined) return children(query.data);
	if (query.error === null) return <Skeleton rows={rows} />;
	return <Failure error={query.error} onRetry={() => query.refetch()} />;
}

export function Skeleton({ rows }: { readonly rows: number }) {
	const words = useWords(common);
	return (
		<div role="status" aria-label={words.loading} className="flex flex-col gap-2">
			<div className="animate-pulse rounded-md bg-kumo-tint" style={{ height: `${rows * 2.5}rem` }} />
		</div>
	);
}

export function Failure({ error, onRetry }: { readonly error: Error; readonly onRetry: () => void }) {
	const words = useWords(common);
	if (error instanceof ApiError && error.status === FORBIDDEN) {
		return <Empty title={words.forbidden}>{words.forbiddenWhy}</Empty>;
	}
	return (
		<div role="alert" className="rounded-lg border border-kumo-line bg-kumo-base p-4">
			<p className="m-0 font-medium">{words.failed}</p>
			<p className="my-2 text-kumo-subtle">
				<Told error={error} />
			</p>
			<Button onClick={onRetry}>{words.retry}</Button>
		</div>
	);
}

/** Nothing here: what this is, why, and the one next step. */
export function Empty({
	title,
	children,
	action,
}: {
	readonly title: string;
	readonly children?: ReactNode;
	readonly action?: ReactNode;
}) {
	return (
		<div className="flex flex-col items-center gap-2 rounded-lg border border-kumo-line border-dashed p-8 text-center">
			<p className="m-0 font-medium">{title}</p>
			{children === undefined ? null : <div className="max-w-prose text-kumo-subtle">{children}</div>}
			{action}
		</div>
	);
}
