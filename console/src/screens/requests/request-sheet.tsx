// All that is known of one request: when what happened, why this route, the arithmetic of its cost, what was said.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { call } from "~/api/client";
import { useNames } from "~/api/names";
import { useReach } from "~/api/session";
import type { WholeRequest } from "~/api/types";
import type { Filters } from "~/app/filters";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { Payload } from "~/screens/requests/payload";
import { RequestCost } from "~/screens/requests/request-cost";
import { RequestStatus } from "~/screens/requests/request-status";
import { Waterfall } from "~/screens/requests/waterfall";
import { Why } from "~/screens/requests/why";
import { requestWords } from "~/screens/requests/words";
import { CopyButton } from "~/ui/copy";
import { Dialog } from "~/ui/dialog";
import { Panel } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { Exactly } from "~/ui/values";

export function RequestSheet({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
	const words = useWords(requestWords);
	const query = useQuery({
		queryKey: ["request", id],
		queryFn: ({ signal }) => call<WholeRequest>("GET", `/admin/requests/${encodeURIComponent(id)}`, { signal }),
	});
	return (
		<Dialog title={words.detail} shape="sheet" onClose={onClose}>
			<Loaded query={query} rows={8}>
				{(request) => (
					<div className="flex flex-col gap-6">
						<Facts request={request} />
						<Panel title={words.waterfall}>
							<Waterfall request={request} />
						</Panel>
						<Panel title={words.figures}>
							<RequestCost request={request} />
						</Panel>
						<Why request={request} />
						<Payload request={request} />
					</div>
				)}
			</Loaded>
		</Dialog>
	);
}

function Facts({ request }: { readonly request: WholeRequest }) {
	const words = useWords(requestWords);
	const shared = useWords(common);
	const nameOf = useNames();
	const { teams } = useReach();
	const { session, metadata } = request;
	const door = (to: string, search: Filters, name: string) => (
		<Link key={to} to={to} search={search} className="text-kumo-link">
			{name}
		</Link>
	);
	const facts: readonly (readonly [string, ReactNode])[] = [
		[shared.status, <RequestStatus key="status" request={request} />],
		[shared.time, <Exactly key="at" at={request.at} />],
		[shared.team, teams ? door("/teams", { open: request.team_id }, nameOf(request.team_id)) : nameOf(request.team_id)],
		[shared.key, door(teams ? "/keys" : "/my-keys", { open: request.key_id }, nameOf(request.key_id))],
		[shared.app, request.app === null ? "–" : door("/requests", { app: request.app }, request.app)],
		[
			shared.endUser,
			request.end_user === null ? "–" : door("/requests", { end_user: request.end_user }, request.end_user),
		],
		[words.face, `${request.face ?? "–"}, ${request.stream ? words.streamed : words.whole}`],
		[words.strategy, request.strategy ?? "–"],
		[words.modelAsked, request.alias ?? request.requested_model ?? "–"],
		[
			words.modelServed,
			request.provider === null
				? "–"
				: door("/models", { open: `${request.provider}/${request.model}` }, `${request.provider}/${request.model}`),
		],
		[shared.session, session === null ? "–" : door("/requests", { session }, `${session} (${words.sameSession})`)],
		[
			words.labels,
			Object.entries(metadata ?? {})
				.map(([name, value]) => `${name}=${value}`)
				.join(", ") || "–",
		],
	];
	return (
		<section aria-label={words.facts}>
			<div className="flex items-center gap-2">
				<code className="break-all text-kumo-subtle">{request.id}</code>
				<CopyButton text={request.id} />
			</div>
			<dl className="m-0 mt-2 grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 sm:grid-cols-[auto_1fr_auto_1fr]">
				{facts.map(([name, value]) => (
					<div key={name} className="contents">
						<dt className="text-kumo-subtle">{name}</dt>
						<dd className="m-0 min-w-0 break-words">{value}</dd>
					</div>
				))}
			</dl>
		</section>
	);
}
