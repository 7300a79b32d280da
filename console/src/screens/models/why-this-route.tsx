// Asks the router what it would do with a request, and shows its reasons.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { useModels } from "~/api/models";
import { useKeys } from "~/api/names";
import type { RoutePlan } from "~/api/types";
import type { Filters } from "~/app/filters";
import { decimals } from "~/format/numbers";
import { useExclusion } from "~/i18n/exclusions";
import { useLanguage, useWords } from "~/i18n/language";
import { modelWords } from "~/screens/models/words";
import { Button } from "~/ui/button";
import { SelectField, TextAreaField, TextField } from "~/ui/fields";
import { Panel } from "~/ui/panel";
import { Table } from "~/ui/table";
import { ToldAlert } from "~/ui/told";
import { Money } from "~/ui/values";

/** `asked` may name a model and a key, as a door does that leads here from a request. */
export function WhyThisRoute({ asked }: { readonly asked: Filters }) {
	const words = useWords(modelWords);
	const keys = useKeys();
	const models = useModels();
	const active = (keys.data ?? []).filter(({ status }) => status === "active");
	const [model, setModel] = useState(asked.model ?? "auto");
	const [prompt, setPrompt] = useState("");
	const [chosen, choose] = useState(asked.key_id ?? "");
	const key = chosen || active[0]?.id;
	const ask = useMutation({
		mutationFn: () =>
			call<RoutePlan>("POST", `/admin/keys/${key}/route`, {
				body: { model, messages: [{ role: "user", content: prompt || "Hello" }] },
			}),
	});
	return (
		<div className="flex flex-col gap-5">
			<form
				className="flex max-w-2xl flex-col gap-4"
				onSubmit={(event) => {
					event.preventDefault();
					ask.mutate();
				}}
			>
				<p className="m-0 text-kumo-subtle">{words.routeHint}</p>
				<div className="grid gap-3 sm:grid-cols-2">
					<TextField
						label={words.asked}
						value={model}
						onChange={setModel}
						required
						suggestions={(models.data ?? []).map(({ id }) => id)}
					/>
					<SelectField
						label={words.askAs}
						value={key ?? ""}
						onChange={choose}
						options={active.map(({ id, name }) => ({ value: id, label: name }))}
					/>
				</div>
				<TextAreaField label={words.prompt} value={prompt} onChange={setPrompt} rows={3} />
				<div>
					<Button kind="primary" type="submit" busy={ask.isPending} disabled={key === undefined}>
						{words.ask}
					</Button>
				</div>
			</form>
			<ToldAlert error={ask.error} />
			{ask.data === undefined ? null : <Plan plan={ask.data} />}
		</div>
	);
}

function Plan({ plan }: { readonly plan: RoutePlan }) {
	const words = useWords(modelWords);
	const told = useExclusion();
	const { language } = useLanguage();
	const parts = (of: Readonly<Record<string, number>>) =>
		Object.entries(of)
			.map(([name, value]) => `${name} ${decimals(value, language)}`)
			.join(" · ");
	return (
		<>
			<p className="m-0">
				{words.strategies[plan.strategy as keyof typeof words.strategies] ?? plan.strategy}
				{plan.rule === null ? null : ` · ${words.byRule(plan.rule)}`}
				{plan.affinity === "kept" ? ` · ${words.kept}` : null}
			</p>
			<Panel title={words.candidates}>
				<Table
					caption={words.candidates}
					rows={plan.candidates}
					rowKey={({ provider, model, credential }) => `${provider}/${model}/${credential}`}
					columns={[
						{ id: "target", title: words.target, wraps: true, cell: ({ provider, model }) => `${provider}/${model}` },
						{
							id: "score",
							title: words.score,
							figure: true,
							cell: ({ score }) => (score === null ? "–" : decimals(score, language)),
						},
						{ id: "parts", title: words.parts, wraps: true, wideOnly: true, cell: (one) => parts(one.parts) || "–" },
						{
							id: "cost",
							title: words.cost,
							figure: true,
							cell: ({ expected_cost_usd }) => (expected_cost_usd === null ? "–" : <Money usd={expected_cost_usd} />),
						},
						{
							id: "most",
							title: words.most,
							figure: true,
							cell: ({ most_usd }) => (most_usd === null ? "–" : <Money usd={most_usd} />),
						},
					]}
				/>
			</Panel>
			{plan.excluded.length === 0 ? null : (
				<Panel title={words.excluded}>
					<Table
						caption={words.excluded}
						rows={plan.excluded}
						rowKey={({ target, reason: why }) => `${target}/${why}`}
						columns={[
							{ id: "target", title: words.target, cell: ({ target }) => target },
							{ id: "why", title: words.why, wraps: true, cell: ({ reason: why }) => told(why) },
						]}
					/>
				</Panel>
			)}
		</>
	);
}
