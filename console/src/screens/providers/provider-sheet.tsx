// One provider: its circuits, cell by cell, its credentials, and the acts on them.
import { Link } from "@tanstack/react-router";
import { useCircuits } from "~/api/circuits";
import { call } from "~/api/client";
import { useCredentials } from "~/api/credentials";
import { useSession } from "~/api/session";
import type { Circuit } from "~/api/types";
import { duration } from "~/format/numbers";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { CircuitTimeline } from "~/screens/providers/circuit-timeline";
import { useTrialText } from "~/screens/providers/circuit-trial";
import { ForceCircuit } from "~/screens/providers/force-circuit";
import { providerWords } from "~/screens/providers/words";
import { DangerAct } from "~/ui/danger-act";
import { Dialog } from "~/ui/dialog";
import { Panel } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { type Light, Status } from "~/ui/status";
import { Table } from "~/ui/table";
import { Ago } from "~/ui/values";

const LIGHTS: Readonly<Record<Circuit["state"], Light>> = {
	closed: "good",
	throttled: "warning",
	open: "bad",
	half_open: "warning",
	ramping: "warning",
};

export function ProviderSheet({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
	const words = useWords(providerWords);
	const { role } = useSession();
	return (
		<Dialog title={name} shape="sheet" onClose={onClose}>
			<div className="flex flex-col gap-6">
				{role === "admin" ? (
					<div className="flex gap-2">
						<DangerAct
							action={words.reset}
							kind="secondary"
							title={words.resetTitle(name)}
							consequence={words.resetWhat}
							run={() => call<unknown>("POST", `/admin/circuits/${encodeURIComponent(name)}/reset`)}
							refreshes={[["circuits"]]}
						/>
						<ForceCircuit name={name} />
					</div>
				) : null}
				<Panel title={words.circuits}>
					<Cells name={name} />
				</Panel>
				<CircuitTimeline name={name} />
				<Panel title={words.credentials}>
					<Credentials name={name} />
				</Panel>
				<p className="m-0 flex gap-4">
					<Link to="/models" search={{ provider: name }} className="text-kumo-link">
						{words.models}
					</Link>
					<Link to="/requests" search={{ provider: name }} className="text-kumo-link">
						{words.requests}
					</Link>
					<Link to="/audit" search={{ subject: name }} className="text-kumo-link">
						{words.history}
					</Link>
				</p>
			</div>
		</Dialog>
	);
}

function Cells({ name }: { readonly name: string }) {
	const words = useWords(providerWords);
	const { language } = useLanguage();
	const trialText = useTrialText();
	const circuits = useCircuits();
	return (
		<Loaded query={circuits} rows={3}>
			{(providers) => {
				const cells = providers.find(({ id }) => id === name)?.circuits;
				if (cells === null) return <p className="m-0 text-kumo-warning">{words.noAnswer}</p>;
				return (
					<Table
						caption={words.circuits}
						rows={cells ?? []}
						rowKey={({ credential, model }) => `${credential}/${model}`}
						columns={[
							{
								id: "cell",
								title: words.cell,
								cell: ({ credential, model }) =>
									[credential, model].filter((part) => part !== null).join(" / ") || words.whole,
							},
							{
								id: "state",
								title: words.state,
								cell: (circuit) => (
									<>
										<Status light={LIGHTS[circuit.state]}>{words.states[circuit.state]}</Status>
										<span className="block text-kumo-subtle">{trialText(circuit)}</span>
									</>
								),
							},
							{
								id: "minute",
								title: words.lastMinute,
								figure: true,
								cell: ({ last_minute: { ok, failed, throttled } }) => `${ok} / ${failed} / ${throttled}`,
							},
							{
								id: "ttft",
								title: words.firstToken,
								figure: true,
								wideOnly: true,
								cell: ({ ttft_ms: { p50, p95 } }) =>
									[p50, p95].map((ms) => (ms === null ? "–" : duration(ms, language))).join(" / "),
							},
						]}
					/>
				);
			}}
		</Loaded>
	);
}

function Credentials({ name }: { readonly name: string }) {
	const words = useWords(providerWords);
	const shared = useWords(common);
	const query = useCredentials(name);
	return (
		<Loaded query={query} rows={2}>
			{(credentials) =>
				credentials.length === 0 ? (
					<p className="m-0 text-kumo-subtle">{words.status.no_credential}</p>
				) : (
					<Table
						caption={words.credentialsCaption}
						rows={credentials}
						rowKey={({ id }) => id}
						columns={[
							{ id: "name", title: shared.name, cell: (one) => one.name },
							{ id: "tail", title: shared.key, cell: ({ last4 }) => <code>…{last4}</code> },
							{ id: "status", title: shared.status, cell: ({ status }) => words.credentialStatus[status] },
							{
								id: "age",
								title: words.since,
								cell: ({ created_at }) => (created_at === undefined ? "–" : <Ago at={created_at} />),
							},
							{ id: "source", title: words.source, cell: ({ source }) => words.sources[source] },
							{ id: "weight", title: words.weight, figure: true, cell: ({ weight }) => weight },
						]}
					/>
				)
			}
		</Loaded>
	);
}
