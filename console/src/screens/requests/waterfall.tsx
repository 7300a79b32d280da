// The attempts of a request as bars over its time, with their first tokens.
import type { WholeRequest } from "~/api/types";
import { duration } from "~/format/numbers";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { requestWords } from "~/screens/requests/words";
import { Tag } from "~/ui/status";

type Attempt = WholeRequest["attempts"][number];

export function Waterfall({ request }: { readonly request: WholeRequest }) {
	const last = Math.max(1, request.latency_ms ?? 0, ...request.attempts.map(({ end_ms }) => end_ms ?? 0));
	const words = useWords(requestWords);
	const { language } = useLanguage();
	const first = request.attempts[0]?.start_ms ?? null;
	if (request.attempts.length === 0) return <p className="m-0 text-kumo-subtle">{words.noProviderAsked}</p>;
	return (
		<ol className="m-0 flex list-none flex-col gap-2 p-0">
			{first === null ? null : <li className="figures text-kumo-subtle">{words.queued(duration(first, language))}</li>}
			{request.attempts.map((attempt) => (
				<li key={attempt.id}>
					<Bar attempt={attempt} last={last} />
				</li>
			))}
		</ol>
	);
}

function Bar({ attempt, last }: { readonly attempt: Attempt; readonly last: number }) {
	const words = useWords(requestWords);
	const shared = useWords(common);
	const { language } = useLanguage();
	const from = attempt.start_ms ?? 0;
	const to = attempt.end_ms ?? last;
	const target = `${attempt.provider ?? "?"}/${attempt.model ?? "?"}`;
	const how = attempt.fault ?? attempt.end;
	const told = words.ends[how as keyof typeof words.ends] ?? how;
	const served = attempt.end === "answered";
	// Pale until the first content, and full while it comes.
	const waiting = attempt.ttft_ms === null ? null : Math.min(from + attempt.ttft_ms, to);
	const place = (ms: number) => `${(ms / last) * 100}%`;
	return (
		<>
			<div className="flex flex-wrap items-center justify-between gap-x-4">
				<span className="flex items-center gap-1.5">
					{target}
					{attempt.simulated ? <Tag>{shared.simulated}</Tag> : null}
				</span>
				<span className="figures text-kumo-subtle">
					{told}
					{attempt.upstream_status === null ? "" : ` ${attempt.upstream_status}`}
					{attempt.ttft_ms === null ? "" : `, ${words.firstToken} ${duration(attempt.ttft_ms, language)}`}
				</span>
			</div>
			<div className="relative h-3 rounded-sm bg-kumo-fill">
				<div
					role="img"
					aria-label={words.waterfallRow(target, duration(from, language), duration(to, language))}
					className={`absolute h-3 rounded-sm ${served ? "bg-kumo-brand" : "bg-kumo-danger"} ${waiting === null ? "" : "opacity-45"}`}
					style={{ left: place(from), width: place(Math.max(to - from, last / 200)) }}
				/>
				{waiting === null ? null : (
					<div
						aria-hidden="true"
						className={`absolute h-3 rounded-sm ${served ? "bg-kumo-brand" : "bg-kumo-danger"}`}
						style={{ left: place(waiting), width: place(Math.max(to - waiting, last / 200)) }}
					/>
				)}
			</div>
			<p className="figures m-0 text-kumo-subtle">
				{duration(from, language)} – {duration(to, language)}
			</p>
		</>
	);
}
