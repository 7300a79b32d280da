// One key: its budgets as they stand, its limits, what it may do, and the acts on it.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { call } from "~/api/client";
import { useNames } from "~/api/names";
import { useReach, useSession } from "~/api/session";
import type { Key, KeyBudget, NewKey } from "~/api/types";
import { count } from "~/format/numbers";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { type BudgetOwner, useBudgetName, useNarrowing } from "~/screens/budgets/budget";
import { BudgetActs } from "~/screens/budgets/budget-acts";
import { BudgetBar } from "~/screens/budgets/budget-bar";
import { SetBudget } from "~/screens/budgets/set-budget";
import { ShownOnce } from "~/screens/keys/shown-once";
import { keyWords } from "~/screens/keys/words";
import { DangerAct } from "~/ui/danger-act";
import { Dialog } from "~/ui/dialog";
import { Panel } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { Exactly } from "~/ui/values";

export function KeySheet({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
	const query = useQuery({
		queryKey: ["keys", id],
		queryFn: ({ signal }) => call<Key>("GET", `/admin/keys/${id}`, { signal }),
	});
	return (
		<Dialog title={query.data?.name ?? id} shape="sheet" onClose={onClose}>
			<Loaded query={query} rows={8}>
				{(key) => <Body shownKey={key} />}
			</Loaded>
		</Dialog>
	);
}

function Body({ shownKey: key }: { readonly shownKey: Key }) {
	const words = useWords(keyWords);
	const shared = useWords(common);
	const nameOf = useNames();
	const { role } = useSession();
	const { gateway, teams } = useReach();
	const { language } = useLanguage();
	const mayChange = (role === "admin" || role === "team_manager") && key.status !== "revoked";
	const mayHold = role !== "viewer" && key.status !== "revoked";
	const facts: readonly (readonly [string, ReactNode])[] = [
		[shared.key, <code key="tail">…{key.last4}</code>],
		[
			shared.team,
			teams ? (
				<Link key="team" to="/teams" search={{ open: key.team_id }} className="text-kumo-link">
					{nameOf(key.team_id)}
				</Link>
			) : (
				nameOf(key.team_id)
			),
		],
		[words.state, words.states[key.status]],
		[words.models, key.models?.join(", ") ?? words.anyModel],
		[shared.providers, key.providers?.join(", ") ?? words.anyProvider],
		[words.expires, key.expires_at === null ? "–" : <Exactly key="expires" at={key.expires_at} />],
		[words.ipRanges, key.ip_ranges?.join(", ") ?? "–"],
	];
	const limits = Object.entries(key.limits).filter(
		(entry): entry is [keyof typeof words.limitOf, number] => entry[1] !== null,
	);
	return (
		<div className="flex flex-col gap-6">
			{mayHold ? <Acts shownKey={key} /> : null}
			<Budgets shownKey={key} mayChange={mayChange} />
			<Panel title={words.limits}>
				<p className="m-0">
					{limits.length === 0
						? words.unlimited
						: limits.map(([name, value]) => words.limitOf[name](count(value, language))).join(" · ")}
				</p>
			</Panel>
			<Panel title={words.policy}>
				<dl className="m-0 grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
					{facts.map(([name, value]) => (
						<div key={name} className="contents">
							<dt className="text-kumo-subtle">{name}</dt>
							<dd className="m-0 break-words">{value}</dd>
						</div>
					))}
				</dl>
			</Panel>
			<p className="m-0 flex gap-4">
				<Link to="/requests" search={{ key_id: key.id }} className="text-kumo-link">
					{words.request}
				</Link>
				{gateway ? (
					<Link to="/audit" search={{ subject: key.id }} className="text-kumo-link">
						{words.history}
					</Link>
				) : null}
			</p>
		</div>
	);
}

function Budgets({ shownKey: key, mayChange }: { readonly shownKey: Key; readonly mayChange: boolean }) {
	const words = useWords(keyWords);
	const shared = useWords(common);
	const budgetName = useBudgetName();
	const narrowing = useNarrowing();
	const path = `/admin/keys/${key.id}`;
	const owner: BudgetOwner = { name: key.name, path, budgets: key.budgets, refreshes: [["keys"]] };
	const query = useQuery({
		queryKey: ["keys", key.id, "budget"],
		queryFn: ({ signal }) => call<KeyBudget>("GET", `${path}/budget`, { signal }),
	});
	return (
		<Panel title={words.budgets} actions={mayChange ? <SetBudget owner={owner} /> : null}>
			<Loaded query={query}>
				{({ budgets }) =>
					budgets.length === 0 ? (
						<p className="m-0 text-kumo-subtle">{words.noBudget}</p>
					) : (
						<ul className="m-0 flex list-none flex-col gap-4 p-0">
							{budgets.map((budget) => (
								<li key={budget.id} className="flex flex-col gap-1">
									<BudgetBar
										name={`${budgetName(budget)}${budget.owner === "team" ? ` (${shared.team})` : ""}`}
										narrowing={narrowing(budget)}
										amounts={{
											limit: Number(budget.limit_usd),
											settled: Number(budget.settled_usd),
											held: Number(budget.reserved_usd),
											unproven: Number(budget.unproven_usd),
										}}
									/>
									{budget.resets_at === null ? null : (
										<p className="m-0 text-kumo-subtle">
											{words.resets} <Exactly at={budget.resets_at} />
										</p>
									)}
									{mayChange && budget.owner === "key" ? <BudgetActs owner={owner} id={budget.id} /> : null}
								</li>
							))}
						</ul>
					)
				}
			</Loaded>
		</Panel>
	);
}

function Acts({ shownKey: key }: { readonly shownKey: Key }) {
	const words = useWords(keyWords);
	const [made, setMade] = useState<NewKey | null>(null);
	if (made !== null) return <ShownOnce made={made} onClose={() => setMade(null)} />;
	return (
		<div className="flex gap-2">
			<DangerAct
				action={words.rotate}
				kind="secondary"
				title={words.rotateTitle(key.name)}
				consequence={words.rotateWhat}
				run={() => call<NewKey>("POST", `/admin/keys/${key.id}/rotate`, { body: {} })}
				refreshes={[["keys"]]}
				onDone={setMade}
			/>
			<DangerAct
				action={words.revoke}
				kind="danger"
				title={words.revokeTitle(key.name)}
				consequence={words.revokeWhat(key.name)}
				run={() => call<Key>("POST", `/admin/keys/${key.id}/revoke`)}
				refreshes={[["keys"]]}
			/>
		</div>
	);
}
