// What an empty gateway opens on: a provider, a key, a first request, each ticked off by itself.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { call } from "~/api/client";
import { all, type Page } from "~/api/lists";
import { useKeys } from "~/api/names";
import type { Provider, RequestRow } from "~/api/types";
import { useWords } from "~/i18n/language";
import { NewKeyDialog } from "~/screens/keys/new-key";
import { snippetsFor } from "~/screens/keys/snippets";
import { overviewWords } from "~/screens/overview/words";
import { Button } from "~/ui/button";
import { Snippet } from "~/ui/copy";
import { Screen } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { Status } from "~/ui/status";

const WAITING_MS = 2000;

export function FirstSteps() {
	const { first: words } = useWords(overviewWords);
	const [making, setMaking] = useState(false);
	// The text of the key that was made here stays for as long as the steps are looked at.
	const [secret, setSecret] = useState("YOUR_KEY");
	const providers = useQuery({
		queryKey: ["providers"],
		queryFn: ({ signal }) => all<Provider>("/admin/providers", {}, signal),
	});
	const keys = useKeys();
	const arrived = useQuery({
		queryKey: ["requests", "first"],
		queryFn: ({ signal }) =>
			call<Page<RequestRow>>("GET", "/admin/requests", { query: { live: true, limit: 1 }, signal }),
		refetchInterval: WAITING_MS,
	});
	const request = arrived.data?.data[0];
	const active = (keys.data ?? []).filter(({ status }) => status === "active");
	return (
		<Screen title={words.title}>
			<ol className="m-0 flex max-w-3xl list-none flex-col gap-4 p-0">
				<Step number={1} title={words.provider} done={(providers.data ?? []).some(serves)}>
					<p className="m-0 text-kumo-subtle">{words.providerWhy}</p>
					<Loaded query={providers} rows={2}>
						{(list) => <Serving providers={list} />}
					</Loaded>
					<Link to="/providers" className="text-kumo-link">
						{words.providerDo}
					</Link>
				</Step>
				<Step number={2} title={words.key} done={active.length > 0}>
					<p className="m-0 text-kumo-subtle">{words.keyWhy}</p>
					{active.length > 0 ? <p className="m-0">{words.keys(active.length)}</p> : null}
					<div>
						<Button kind={active.length === 0 ? "primary" : "secondary"} onClick={() => setMaking(true)}>
							{words.keyDo}
						</Button>
					</div>
				</Step>
				<Step number={3} title={words.request} done={request !== undefined}>
					<p className="m-0 text-kumo-subtle">{words.requestWhy}</p>
					<Snippet text={snippetsFor(location.origin, secret, "gpt-6-luna")[0]?.text ?? ""} />
					<p role="status" className="m-0">
						{request === undefined ? (
							words.waiting
						) : (
							<>
								{words.arrived}{" "}
								<Link to="/requests" search={{ open: request.id }} className="text-kumo-link">
									{words.see}
								</Link>
							</>
						)}
					</p>
				</Step>
			</ol>
			{making ? <NewKeyDialog onMade={({ key }) => setSecret(key)} onClose={() => setMaking(false)} /> : null}
		</Screen>
	);
}

function Step({
	number,
	title,
	done,
	children,
}: {
	readonly number: number;
	readonly title: string;
	readonly done: boolean;
	readonly children: ReactNode;
}) {
	const { first: words } = useWords(overviewWords);
	return (
		<li className="flex flex-col gap-3 rounded-lg border border-kumo-line bg-kumo-base p-4">
			<h2 className="m-0 flex items-center justify-between gap-4 font-medium text-sm">
				{number}. {title}
				{done ? <Status light="good">{words.done}</Status> : null}
			</h2>
			{children}
		</li>
	);
}

function Serving({ providers }: { readonly providers: readonly Provider[] }) {
	const { first: words } = useWords(overviewWords);
	const real = providers.filter((provider) => serves(provider) && !isSimulated(provider));
	const simulated = providers.filter(isSimulated);
	const names = (list: readonly Provider[]) => list.map(({ name }) => name).join(", ");
	return (
		<>
			{real.length > 0 ? <p className="m-0">{words.serving(names(real))}</p> : null}
			{simulated.length > 0 ? <p className="m-0 text-kumo-subtle">{words.simulated(names(simulated))}</p> : null}
		</>
	);
}

function serves(provider: Provider): boolean {
	return provider.kind === "built_in" ? provider.status !== "no_credential" : !provider.disabled;
}

function isSimulated(provider: Provider): boolean {
	return provider.kind === "built_in" && provider.status === "simulated";
}
