// Why a request went where it went: the targets that could serve it, best first, and those that could not and why.
import { Link } from "@tanstack/react-router";
import type { WholeRequest } from "~/api/types";
import { useExclusion } from "~/i18n/exclusions";
import { useWords } from "~/i18n/language";
import { requestWords } from "~/screens/requests/words";
import { Panel } from "~/ui/panel";
import { Tag } from "~/ui/status";
import { Table } from "~/ui/table";

export function Why({ request }: { readonly request: WholeRequest }) {
	const words = useWords(requestWords);
	const told = useExclusion();
	const { candidates, excluded, attempts } = request;
	if (candidates.length + excluded.length === 0) return null;
	const asked = new Set(attempts.map(({ provider, model }) => `${provider}/${model}`));
	return (
		<Panel
			title={words.why}
			actions={
				<Link
					to="/models"
					search={{ tab: "route", model: request.requested_model ?? "auto", key_id: request.key_id }}
					className="text-kumo-link"
				>
					{words.askAgain}
				</Link>
			}
		>
			{candidates.length === 0 ? null : (
				<Table
					caption={words.whyCaption}
					rows={[...candidates.entries()]}
					rowKey={([place]) => `${place}`}
					columns={[
						{ id: "place", title: words.place, figure: true, cell: ([place]) => place + 1 },
						{
							id: "target",
							title: words.target,
							wraps: true,
							cell: ([, { target }]) => (
								<span className="inline-flex flex-wrap items-center gap-1.5">
									{target}
									{asked.has(target) ? <Tag>{words.asked}</Tag> : null}
								</span>
							),
						},
						{
							id: "score",
							title: words.score,
							figure: true,
							cell: ([, { score }]) => score?.toFixed(3) ?? words.noScore,
						},
					]}
				/>
			)}
			{excluded.length === 0 ? null : (
				<Table
					caption={words.excludedCaption}
					rows={[...excluded.entries()]}
					rowKey={([place]) => `${place}`}
					columns={[
						{ id: "target", title: words.excluded, wraps: true, cell: ([, { target }]) => target },
						{ id: "reason", title: words.reason, wraps: true, cell: ([, { reason }]) => told(reason) },
					]}
				/>
			)}
		</Panel>
	);
}
