// The filters of the log, each a field of the address.
import { useState } from "react";
import { useKeys, useTeams } from "~/api/names";
import { useReach } from "~/api/session";
import { FilterField } from "~/app/filter-field";
import type { Filters } from "~/app/filters";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { LOGGED_OPERATIONS, useOperationName } from "~/i18n/operations";
import { requestWords } from "~/screens/requests/words";
import { Button } from "~/ui/button";
import { SelectField } from "~/ui/fields";

interface Props {
	readonly filters: Filters;
	readonly change: (some: Filters) => void;
}

const TEXTS = ["model", "provider", "app", "session", "end_user", "error_code"] as const;
/** Seldom asked for: shown where they are set, or when a person asks for all. */
const RARE = ["operation", "tag", "tag_value"] as const;

export function RequestFilters({ filters, change }: Props) {
	const words = useWords(requestWords);
	const shared = useWords(common);
	const reach = useReach();
	const keys = useKeys();
	const teams = useTeams();
	// There is room for what is asked for most; on a phone for the first fields only.
	const [all, setAll] = useState(false);
	const any = { value: "", label: shared.all };
	const operationName = useOperationName();
	const chosen = filters.operation;
	// An address may name one that has no name here.
	const operations = [...new Set<string>([...LOGGED_OPERATIONS, ...(chosen === undefined ? [] : [chosen])])];
	const { open: _open, period: _period, from: _from, to: _to, ...asked } = filters;
	const labels = {
		model: shared.model,
		provider: shared.provider,
		app: shared.app,
		session: shared.session,
		end_user: shared.endUser,
		error_code: words.error,
		operation: words.operation,
		tag: words.label,
		tag_value: words.labelValue,
	};
	return (
		<search className="flex flex-wrap items-end gap-2">
			<SelectField
				label={words.statusFilter}
				value={filters.status ?? ""}
				onChange={(status) => change({ status })}
				options={[
					{ value: "", label: words.allStatuses },
					{ value: "failed", label: words.failed },
					...["2xx", "4xx", "429", "499", "5xx"].map((value) => ({ value, label: value })),
				]}
			/>
			{reach.teams ? (
				<SelectField
					label={shared.team}
					value={filters.team_id ?? ""}
					onChange={(team_id) => change({ team_id })}
					options={[any, ...(teams.data ?? []).map(({ id, name }) => ({ value: id, label: name }))]}
				/>
			) : null}
			<SelectField
				label={shared.key}
				value={filters.key_id ?? ""}
				onChange={(key_id) => change({ key_id })}
				options={[any, ...(keys.data ?? []).map(({ id, name }) => ({ value: id, label: name }))]}
			/>
			{[...TEXTS, ...(all ? RARE : RARE.filter((name) => filters[name] !== undefined))].map((name) => (
				<div key={name} className={`w-32 ${all || filters[name] !== undefined ? "" : "max-md:hidden"}`}>
					{name === "operation" ? (
						<SelectField
							label={labels[name]}
							value={filters[name] ?? ""}
							onChange={(value) => change({ operation: value })}
							options={[any, ...operations.map((value) => ({ value, label: operationName(value) }))]}
						/>
					) : (
						<FilterField
							label={labels[name]}
							value={filters[name] ?? ""}
							onChange={(value) => change({ [name]: value })}
						/>
					)}
				</div>
			))}
			<Button kind="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
				{all ? words.fewerFilters : words.moreFilters}
			</Button>
			{Object.keys(asked).length > 0 ? (
				<Button kind="quiet" onClick={() => change(Object.fromEntries(Object.keys(asked).map((name) => [name, ""])))}>
					{shared.clearFilters}
				</Button>
			) : null}
		</search>
	);
}
