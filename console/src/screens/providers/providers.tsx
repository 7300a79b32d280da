// A card for each provider: whether it serves, how fast it is, what it cost today, and a test.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { isShut, useCircuits } from "~/api/circuits";
import { useCredentials } from "~/api/credentials";
import { all } from "~/api/lists";
import { useSession } from "~/api/session";
import type { Circuits, Provider } from "~/api/types";
import { type UsageLine, useUsage } from "~/api/usage";
import { type Filters, useFilters } from "~/app/filters";
import { spanOf } from "~/app/period";
import { duration } from "~/format/numbers";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { AddProviderDialog } from "~/screens/providers/add-provider";
import { ProviderSheet } from "~/screens/providers/provider-sheet";
import { ProviderTest } from "~/screens/providers/provider-test";
import { providerWords } from "~/screens/providers/words";
import { Button } from "~/ui/button";
import { Screen } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { type Light, Status, Tag } from "~/ui/status";
import { Ago, Money } from "~/ui/values";

type StatusName = "serving" | "simulated" | "no_credential" | "disabled";
const LIGHTS: Readonly<Record<StatusName, Light>> = {
	serving: "good",
	simulated: "neutral",
	no_credential: "neutral",
	disabled: "neutral",
};

export function Providers() {
	const words = useWords(providerWords);
	const shared = useWords(common);
	const [filters, change] = useFilters();
	const { role } = useSession();
	const [adding, setAdding] = useState(false);
	const providers = useQuery({
		queryKey: ["providers"],
		queryFn: ({ signal }) => all<Provider>("/admin/providers", {}, signal),
	});
	const circuits = useCircuits();
	const { from, to } = spanOf("1d", Date.now());
	const usage = useUsage({ group_by: "provider", from, to });
	const used = new Map(usage.data?.data.map((line) => [line.provider, line]));
	return (
		<Screen
			title={shared.providers}
			actions={
				role === "admin" ? (
					<Button kind="primary" onClick={() => setAdding(true)}>
						{words.add}
					</Button>
				) : null
			}
		>
			<Loaded query={providers} rows={8}>
				{(list) => (
					<ul className="m-0 grid list-none gap-3 p-0 md:grid-cols-2 xl:grid-cols-3">
						{list
							.toSorted((a, b) => rank(a) - rank(b))
							.map((provider) => (
								<li key={provider.id}>
									<Card
										provider={provider}
										circuits={circuits.data?.find(({ id }) => id === provider.name)}
										used={used.get(provider.name)}
										mayTest={role === "admin"}
									/>
								</li>
							))}
					</ul>
				)}
			</Loaded>
			{adding ? <AddProviderDialog onClose={() => setAdding(false)} /> : null}
			{filters.open === undefined ? null : <ProviderSheet name={filters.open} onClose={() => change({ open: "" })} />}
		</Screen>
	);
}

function statusOf(provider: Provider): StatusName {
	if (provider.kind === "built_in") return provider.status;
	return provider.disabled ? "disabled" : "serving";
}

/** Those that serve come first. */
function rank(provider: Provider): number {
	return ["serving", "simulated", "disabled", "no_credential"].indexOf(statusOf(provider));
}

interface CardProps {
	readonly provider: Provider;
	/** Absent where it does not serve, or is not known yet. */
	readonly circuits: Circuits | undefined;
	/** What was asked of it in the last day. */
	readonly used: UsageLine | undefined;
	readonly mayTest: boolean;
}

function Card({ provider, circuits, used, mayTest }: CardProps) {
	const words = useWords(providerWords);
	const { language } = useLanguage();
	const status = statusOf(provider);
	const cells = circuits?.circuits ?? [];
	const shut = cells.filter(isShut).length;
	const time = (ms: number | null | undefined) => (ms === null || ms === undefined ? "–" : duration(ms, language));
	return (
		<article className="flex h-full flex-col gap-2 rounded-lg border border-kumo-line bg-kumo-base p-4">
			<header className="flex items-center justify-between gap-2">
				<h2 className="m-0 font-medium text-sm">{provider.name}</h2>
				<Status light={shut > 0 ? "warning" : LIGHTS[status]}>{words.status[status]}</Status>
			</header>
			{shut > 0 ? <p className="m-0 text-kumo-warning">{words.resting(shut, cells.length)}</p> : null}
			{circuits?.circuits === null ? <p className="m-0 text-kumo-warning">{words.noAnswer}</p> : null}
			<dl className="m-0 grid grid-cols-[1fr_auto] gap-y-1">
				<Tails provider={provider} />
				<dt className="text-kumo-subtle">{words.spend}</dt>
				<dd className="m-0 text-right">
					<Link to="/requests" search={{ provider: provider.name }} className="text-kumo-link">
						<Money usd={used?.cost ?? "0"} />
					</Link>
				</dd>
				<dt className="text-kumo-subtle">{words.firstToken}</dt>
				<dd className="figures m-0 text-right">
					{time(used?.ttft_ms?.p50)} / {time(used?.ttft_ms?.p95)}
				</dd>
			</dl>
			{provider.kind === "built_in" ? null : <Tag>{provider.kind.replaceAll("_", " ")}</Tag>}
			<footer className="mt-auto flex flex-wrap items-center gap-3">
				{mayTest && status !== "no_credential" ? <ProviderTest provider={provider.name} /> : null}
				<Link
					to="/providers"
					search={(before: Filters) => ({ ...before, open: provider.name })}
					className="text-kumo-link"
				>
					{words.detail}
				</Link>
			</footer>
		</article>
	);
}

/** Which accounts serve, by the ends of their credentials, and since when the oldest is there. */
function Tails({ provider }: { readonly provider: Provider }) {
	const words = useWords(providerWords);
	const status = statusOf(provider);
	const has = provider.kind === "built_in" ? status === "serving" : provider.has_credential;
	const credentials = useCredentials(provider.name, has);
	const used = (credentials.data ?? []).filter((one) => one.status === "enabled");
	if (used.length === 0) return null;
	const since = used.flatMap(({ created_at }) => created_at ?? []).toSorted()[0];
	return (
		<>
			<dt className="text-kumo-subtle">{words.credentials}</dt>
			<dd className="m-0 text-right">
				<code>{used.map(({ name, last4 }) => (last4 === "" ? name : `…${last4}`)).join(", ")}</code>
				{since === undefined ? null : (
					<>
						{" "}
						<Ago at={since} />
					</>
				)}
			</dd>
		</>
	);
}
