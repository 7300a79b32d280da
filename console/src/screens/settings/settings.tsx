// One's own session, language and theme, the tokens of machines, and what gateway this is.
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { call } from "~/api/client";
import { useReach, useSession, useSignOut } from "~/api/session";
import { Appearance } from "~/app/account-menu";
import { frameWords } from "~/app/frame-words";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { NewToken } from "~/screens/people/new-token";
import { TokenList } from "~/screens/people/tokens";
import { Button } from "~/ui/button";
import { Panel, Screen } from "~/ui/panel";
import { Exactly } from "~/ui/values";

export function Settings() {
	const words = useWords(frameWords);
	const shared = useWords(common);
	const session = useSession();
	const { gateway } = useReach();
	const signOut = useSignOut();
	const mayChange = session.role === "admin";
	const health = useQuery({
		queryKey: ["version"],
		queryFn: ({ signal }) => call<{ version: string }>("GET", "/healthz", { signal }),
	});
	return (
		<Screen title={shared.settings}>
			<div className="max-w-md">
				<Appearance />
			</div>
			<Panel title={shared.session}>
				<Facts
					facts={[
						[shared.name, session.name],
						[words.sessionOf.role, words.roles[session.role]],
						[words.sessionOf.since, <Exactly key="since" at={session.created_at} />],
						[words.sessionOf.until, <Exactly key="until" at={session.expires_at} />],
						[words.sessionOf.browser, session.agent],
					]}
				/>
				<div>
					<Button busy={signOut.isPending} onClick={() => signOut.mutate()}>
						{words.signOut}
					</Button>
				</div>
			</Panel>
			{gateway ? <TokenList of="machines" mayChange={mayChange} actions={mayChange ? <NewToken /> : null} /> : null}
			<Panel title={words.gateway.title}>
				<Facts
					facts={[
						[words.gateway.environment, words.environments[session.environment]],
						[words.gateway.version, health.data?.version ?? shared.unknown],
					]}
				/>
			</Panel>
		</Screen>
	);
}

function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }) {
	return (
		<dl className="m-0 grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
			{facts.map(([name, value]) => (
				<div key={name} className="contents">
					<dt className="text-kumo-subtle">{name}</dt>
					<dd className="m-0 min-w-0 break-words">{value}</dd>
				</div>
			))}
		</dl>
	);
}
