// Asks the router what it would do with a request, and shows its reasons.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import type { RoutePlan } from "~/api/types";
import { useWords } from "~/i18n/language";
import { modelWords } from "~/screens/models/words";
import { Button } from "~/ui/button";
import { TextAreaField, TextField } from "~/ui/fields";
import { Panel } from "~/ui/panel";
import { Table } from "~/ui/table";
import { ToldAlert } from "~/ui/told";
import { Money } from "~/ui/values";

export function WhyThisRoute() {
	const words = useWords(modelWords);
	const [model, setModel] = useState("auto");
	const [prompt, setPrompt] = useState("");
	const [key, setKey] = useState("");
	const ask = useMutation({
		mutationFn: () =>
			call<RoutePlan>("POST", "/v1/route", {
				body: { model, messages: [{ role: "user", content: prompt || "Hello" }] },
				key,
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
					<TextField label={words.asked} value={model} onChange={setModel} required />
					<TextField label={words.keyText} type="password" autoComplete="off" value={key} onChange={setKey} required />
				</div>
				<TextAreaField label={words.prompt} value={prompt} onChange={setPrompt} rows={3} />
				<div>
					<Button kind="primary" type="submit" busy={ask.isPending}>
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
	return (
		<>
			<Panel title={words.candidates}>
				<Table
					caption={words.candidates}
					rows={plan.candidates}
					rowKey={({ provider, model, credential }) => `${provider}/${model}/${credential}`}
					columns={[
						{ id: "target", title: words.target, cell: ({ provider, model }) => `${provider}/${model}` },
						{ id: "score", title: words.score, figure: true, cell: ({ score }) => score ?? "–" },
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
							{ id: "why", title: words.why, cell: ({ reason: why }) => <code>{why}</code> },
						]}
					/>
				</Panel>
			)}
		</>
	);
}
