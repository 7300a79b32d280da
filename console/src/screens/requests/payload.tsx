// What a request said and was answered, where policy had it kept; always as text, since callers and vendors wrote it.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, call } from "~/api/client";
import type { WholeRequest } from "~/api/types";
import { useWords } from "~/i18n/language";
import { asCurl } from "~/screens/requests/as-curl";
import { requestWords } from "~/screens/requests/words";
import { Button } from "~/ui/button";
import { Snippet } from "~/ui/copy";
import { Panel } from "~/ui/panel";
import { Failure, Skeleton } from "~/ui/states";

const NOT_FOUND = 404;

interface Kept {
	readonly level: "none" | "metadata" | "full";
	readonly request: unknown;
	readonly response: unknown;
}

/** It is asked for only when a person wants to read it: most is not kept, and none is there to be read in passing. */
export function Payload({ request }: { readonly request: WholeRequest }) {
	const words = useWords(requestWords);
	const [wanted, setWanted] = useState(false);
	const query = useQuery({
		queryKey: ["payload", request.id],
		queryFn: ({ signal }) => call<Kept>("GET", `/admin/requests/${encodeURIComponent(request.id)}/payload`, { signal }),
		enabled: wanted,
		retry: false,
	});
	const sent = query.data?.level === "full" ? query.data.request : null;
	const curl = asCurl(request, sent, location.origin);
	return (
		<>
			<Panel title={words.payload}>
				{wanted ? (
					<Content query={query} />
				) : (
					<div>
						<Button onClick={() => setWanted(true)}>{words.showPayload}</Button>
					</div>
				)}
			</Panel>
			{curl === null ? null : (
				<Panel title={words.asCurl}>
					<Snippet text={curl} label={words.curl} />
					{sent === null ? <p className="m-0 text-kumo-subtle">{words.curlWithout}</p> : null}
				</Panel>
			)}
		</>
	);
}

function Content({ query }: { readonly query: ReturnType<typeof useQuery<Kept>> }) {
	const words = useWords(requestWords);
	if (query.error instanceof ApiError && query.error.status === NOT_FOUND) {
		return <p className="m-0 text-kumo-subtle">{words.payloadMissing}</p>;
	}
	if (query.error !== null) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
	if (query.data === undefined) return <Skeleton rows={3} />;
	const { request, response } = query.data;
	return (
		<div className="flex flex-col gap-3">
			<h3 className="m-0 font-medium text-kumo-subtle">{words.sent}</h3>
			<Snippet text={written(request)} />
			<h3 className="m-0 font-medium text-kumo-subtle">{words.answered}</h3>
			<Snippet text={written(response)} />
		</div>
	);
}

function written(value: unknown): string {
	return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
