// By what usage is told apart, for which time, and whether beside the time before; each a field of the address.
import { useQuery } from "@tanstack/react-query";
import { call } from "~/api/client";
import type { Page } from "~/api/lists";
import type { RequestRow } from "~/api/types";
import { GROUPS, type Group } from "~/api/usage";
import type { Filters } from "~/app/filters";
import { PeriodField } from "~/app/period";
import { useWords } from "~/i18n/language";
import { INTERVALS, type Interval, type Question } from "~/screens/usage/usage-question";
import { usageWords } from "~/screens/usage/words";
import { CheckboxField, SelectField } from "~/ui/fields";

/** How many of the latest requests tell which labels there are. */
const LATEST = 100;

interface Props {
	readonly question: Question;
	readonly change: (some: Filters) => void;
}

export function UsageControls({ question, change }: Props) {
	const words = useWords(usageWords);
	const { groups, every, most, period, compares, span } = question;
	const [first = "model", second = null] = groups;
	return (
		<search className="flex flex-wrap items-end gap-3">
			<SelectField
				label={words.groupBy}
				value={first}
				onChange={(group: Group) => change({ group, ...(group === second && { and: "" }) })}
				options={GROUPS.map((value) => ({ value, label: words.groups[value] }))}
			/>
			<SelectField
				label={words.thenBy}
				value={second ?? ""}
				onChange={(and: Group | "") => change({ and })}
				options={[
					{ value: "", label: words.onlyOne },
					...GROUPS.filter((name) => name !== first).map((value) => ({ value, label: words.groups[value] })),
				]}
			/>
			{groups.includes("tag") ? <LabelField tag={question.tag} change={change} /> : null}
			<SelectField
				label={words.interval}
				value={every}
				onChange={(interval: Interval) => change({ interval: interval === "none" ? "" : interval })}
				options={INTERVALS.filter((name) => name !== "hour" || span.days < 90).map((value) => ({
					value,
					label: words.intervals[value],
				}))}
			/>
			<PeriodField period={period} change={change} most={most} />
			<div className="pb-1">
				<CheckboxField
					label={words.compare}
					checked={compares}
					disabled={every !== "none"}
					onChange={(checked) => change({ compare: checked ? "" : "no" })}
				/>
			</div>
		</search>
	);
}

/** Which of the callers' labels: those that the latest requests carry. */
function LabelField({ tag, change }: { readonly tag: string; readonly change: (some: Filters) => void }) {
	const words = useWords(usageWords);
	const latest = useQuery({
		queryKey: ["requests", "labels"],
		queryFn: ({ signal }) => call<Page<RequestRow>>("GET", "/admin/requests", { query: { limit: LATEST }, signal }),
		staleTime: Number.POSITIVE_INFINITY,
	});
	const found = (latest.data?.data ?? []).flatMap(({ metadata }) => Object.keys(metadata ?? {}));
	const names = [...new Set([...found, ...(tag === "" ? [] : [tag])])].toSorted();
	return (
		<SelectField
			label={words.label}
			value={tag}
			onChange={(next) => change({ tag: next })}
			options={[{ value: "", label: words.chooseLabel }, ...names.map((value) => ({ value, label: value }))]}
		/>
	);
}
