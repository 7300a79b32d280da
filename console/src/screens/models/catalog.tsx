// Every model that is known here: its price, its context, what it can do.
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useMemo } from "react";
import { priceNow, useModels } from "~/api/models";
import type { KnownModel } from "~/api/types";
import { FilterField } from "~/app/filter-field";
import type { Filters } from "~/app/filters";
import { count, shortCount } from "~/format/numbers";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { ModelSheet } from "~/screens/models/model-sheet";
import { modelWords } from "~/screens/models/words";
import { Empty, Loaded } from "~/ui/states";
import { Tag } from "~/ui/status";
import { Table } from "~/ui/table";

/** More rows than a person reads; the search narrows them. */
const MAX_ROWS = 200;

export function Catalog({ filters, change }: { readonly filters: Filters; readonly change: (some: Filters) => void }) {
	const words = useWords(modelWords);
	const { language } = useLanguage();
	const query = useModels();
	const text = useDeferredValue((filters.search ?? "").toLowerCase());
	const provider = filters.provider;
	const found = useMemo(
		() =>
			(query.data ?? []).filter(
				(model) => model.id.toLowerCase().includes(text) && (provider === undefined || model.provider === provider),
			),
		[query.data, text, provider],
	);
	return (
		<>
			<div className="flex flex-wrap items-end justify-between gap-3">
				<div className="w-72">
					<FilterField
						label={words.search}
						type="search"
						value={filters.search ?? ""}
						onChange={(search) => change({ search })}
					/>
				</div>
				<p role="status" className="m-0 text-kumo-subtle">
					{words.shown(Math.min(found.length, MAX_ROWS), query.data?.length ?? 0)}
				</p>
			</div>
			<Loaded query={query} rows={10}>
				{() =>
					found.length === 0 ? (
						<Empty title={words.empty} />
					) : (
						<Rows models={found.slice(0, MAX_ROWS)} language={language} />
					)
				}
			</Loaded>
			{filters.open === undefined ? null : <ModelSheet id={filters.open} onClose={() => change({ open: "" })} />}
		</>
	);
}

function Rows({ models, language }: { readonly models: readonly KnownModel[]; readonly language: "en" | "zh-CN" }) {
	const words = useWords(modelWords);
	const shared = useWords(common);
	const price = (value: number | undefined) => (value === undefined ? "–" : count(value, language));
	return (
		<Table
			caption={words.caption}
			rows={models}
			rowKey={({ id }) => id}
			columns={[
				{
					id: "model",
					title: shared.model,
					wraps: true,
					cell: (model) => (
						<span
							className="inline-flex flex-wrap items-center gap-1.5"
							title={model.source === undefined ? undefined : words.source(model.source, model.as_of ?? "")}
						>
							<Link
								to="/models"
								search={(before: Filters) => ({ ...before, open: model.id })}
								className="break-all text-kumo-link"
							>
								{model.id}
							</Link>
							{Object.keys(model.override).length > 0 ? <Tag>{words.overridden}</Tag> : null}
							{priceNow(model) === undefined ? <Tag>{words.unpriced}</Tag> : null}
						</span>
					),
				},
				{ id: "in", title: words.input, figure: true, cell: (model) => price(priceNow(model)?.input) },
				{
					id: "cached",
					title: words.cached,
					figure: true,
					wideOnly: true,
					cell: (model) => price(priceNow(model)?.cache_read),
				},
				{ id: "out", title: words.output, figure: true, cell: (model) => price(priceNow(model)?.output) },
				{
					id: "context",
					title: words.context,
					figure: true,
					wideOnly: true,
					cell: ({ context }) => (context === undefined || context === null ? "–" : shortCount(context, language)),
				},
				{
					id: "can",
					title: words.can,
					wideOnly: true,
					wraps: true,
					cell: (model) =>
						[
							...(["tools", "json_schema", "reasoning"] as const).filter((ability) => model[ability] === true),
							...(["image", "audio"] as const).filter((kind) => model.input?.includes(kind)),
						]
							.map((ability) => words.abilities[ability])
							.join(", "),
				},
			]}
		/>
	);
}
