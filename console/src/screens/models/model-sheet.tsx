// One model: what is known of it, how it is served now, what an admin put in place of its price, and what was before.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { isShut, useCircuits } from "~/api/circuits";
import { call } from "~/api/client";
import { priceNow } from "~/api/models";
import { useReach, useSession } from "~/api/session";
import type { KnownModel } from "~/api/types";
import { count } from "~/format/numbers";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { ModelOverride } from "~/screens/models/model-override";
import { modelWords } from "~/screens/models/words";
import { useTrialText } from "~/screens/providers/circuit-trial";
import { Dialog } from "~/ui/dialog";
import { Panel } from "~/ui/panel";
import { Loaded } from "~/ui/states";
import { Status } from "~/ui/status";
import { Versions } from "~/ui/versions";

/** `id` is `provider/model`. */
export function ModelSheet({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
	const path = pathOf(id);
	const query = useQuery({
		queryKey: ["models", id],
		queryFn: ({ signal }) => call<KnownModel>("GET", path, { signal }),
	});
	return (
		<Dialog title={id} shape="sheet" onClose={onClose}>
			<Loaded query={query} rows={8}>
				{(model) => <Body model={model} path={path} />}
			</Loaded>
		</Dialog>
	);
}

/** Ids of models have slashes of their own, which the path keeps. */
function pathOf(id: string): string {
	return `/admin/models/${id.split("/").map(encodeURIComponent).join("/")}`;
}

function Body({ model, path }: { readonly model: KnownModel; readonly path: string }) {
	const words = useWords(modelWords);
	const shared = useWords(common);
	const { language } = useLanguage();
	const { role } = useSession();
	const { gateway } = useReach();
	const mayChange = role === "admin";
	const price = priceNow(model);
	const tokens = (value: number | null | undefined) =>
		value === null || value === undefined ? "–" : count(value, language);
	const facts: readonly (readonly [string, ReactNode])[] = [
		[words.health, <Health key="health" model={model} />],
		[words.pricePerMillion, price === undefined ? words.unpriced : words.price(`${price.input}`, `${price.output}`)],
		[words.context, tokens(model.context)],
		[words.maxOutput, tokens(model.max_output)],
		[words.takes, model.input?.join(", ") ?? "–"],
		[words.gives, model.output?.join(", ") ?? "–"],
		[words.alsoCalled, model.aliases?.join(", ") || "–"],
		[words.family, model.family ?? "–"],
		[words.sourceOf, model.source === undefined ? "–" : words.source(model.source, model.as_of ?? "")],
	];
	return (
		<div className="flex flex-col gap-6">
			<dl className="m-0 grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
				{facts.map(([name, value]) => (
					<div key={name} className="contents">
						<dt className="text-kumo-subtle">{name}</dt>
						<dd className="m-0 break-words">{value}</dd>
					</div>
				))}
			</dl>
			<p className="m-0 flex flex-wrap gap-4">
				<Link to="/requests" search={{ provider: model.provider, model: model.model }} className="text-kumo-link">
					{shared.requests}
				</Link>
				<Link to="/models" search={{ tab: "route", model: model.id }} className="text-kumo-link">
					{words.tabs.route}
				</Link>
				{gateway ? (
					<Link to="/audit" search={{ subject: model.id }} className="text-kumo-link">
						{words.history}
					</Link>
				) : null}
			</p>
			{mayChange ? (
				<Panel title={words.override}>
					<ModelOverride key={model.version} model={model} path={path} />
				</Panel>
			) : null}
			{gateway ? (
				<Versions
					name={model.id}
					listAt={`${path}/history`}
					rollbackAt={`${path}/rollback`}
					contentOf={({ override }) => override}
					mayChange={mayChange}
					refreshes={["models"]}
				/>
			) : null}
		</div>
	);
}

/** Whether it is served here, and by which of its circuits it is kept out of the way. */
function Health({ model }: { readonly model: KnownModel }) {
	const words = useWords(modelWords);
	const { gateway } = useReach();
	const trialText = useTrialText();
	const circuits = useCircuits(gateway);
	if (!gateway) return "–";
	const serving = circuits.data?.find(({ id }) => id === model.provider);
	if (circuits.data === undefined) return "–";
	if (serving === undefined) return <Status light="neutral">{words.notServed}</Status>;
	const shut = (serving.circuits ?? []).filter(
		(circuit) => isShut(circuit) && (circuit.model === null || circuit.model === model.model),
	);
	const [worst] = shut;
	if (worst === undefined) return <Status light="good">{words.serving}</Status>;
	return (
		<span className="inline-flex flex-wrap items-center gap-2">
			<Status light="warning">{words.resting}</Status>
			<span className="text-kumo-subtle">{trialText(worst)}</span>
		</span>
	);
}
