// What a team's members may have without asking, and what an admin makes of it.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import type { Team } from "~/api/types";
import { money } from "~/format/money";
import { count } from "~/format/numbers";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { WINDOWS } from "~/screens/budgets/budget";
import { budgetWords } from "~/screens/budgets/words";
import { teamWords } from "~/screens/teams/words";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { SelectField, TextField } from "~/ui/fields";
import { Panel } from "~/ui/panel";
import { ToldAlert } from "~/ui/told";

export function SelfService({ team, mayChange }: { readonly team: Team; readonly mayChange: boolean }) {
	const words = useWords(teamWords);
	const budgets = useWords(budgetWords);
	const { language } = useLanguage();
	const [changing, setChanging] = useState(false);
	const ceilings = team.self_service;
	return (
		<Panel
			title={words.selfService}
			actions={mayChange ? <Button onClick={() => setChanging(true)}>{words.setCeilings}</Button> : null}
		>
			<p className="figures m-0">
				{ceilings === null
					? words.noCeilings
					: words.ceilings(
							count(ceilings.max_keys, language),
							budgets.of(money(ceilings.max_budget_usd, language), budgets.windows[ceilings.window]),
						)}
				{ceilings?.max_days == null ? "" : ` · ${words.validFor(count(ceilings.max_days, language))}`}
			</p>
			{changing ? <SetCeilings team={team} onClose={() => setChanging(false)} /> : null}
		</Panel>
	);
}

function SetCeilings({ team, onClose }: { readonly team: Team; readonly onClose: () => void }) {
	const words = useWords(teamWords);
	const budgets = useWords(budgetWords);
	const shared = useWords(common);
	const queries = useQueryClient();
	const before = team.self_service;
	const [keys, setKeys] = useState(String(before?.max_keys ?? 2));
	const [budget, setBudget] = useState(before?.max_budget_usd ?? "20");
	const [window, setWindow] = useState<(typeof WINDOWS)[number]>(before?.window ?? "month");
	const [days, setDays] = useState(String(before?.max_days ?? ""));
	const save = useMutation({
		mutationFn: (ceilings: object | null) =>
			call<Team>("PATCH", `/admin/teams/${team.id}`, { body: { self_service: ceilings } }),
		onSuccess: async () => {
			await queries.invalidateQueries({ queryKey: ["teams"] });
			onClose();
		},
	});
	return (
		<Dialog title={`${words.selfService}: ${team.name}`} description={words.selfServiceWhat} onClose={onClose}>
			<form
				className="flex flex-col gap-4"
				onSubmit={(event) => {
					event.preventDefault();
					save.mutate({
						max_keys: Number(keys),
						max_budget_usd: budget,
						window,
						max_days: days === "" ? null : Number(days),
					});
				}}
			>
				<TextField label={words.maxKeys} inputMode="numeric" value={keys} onChange={setKeys} required autoFocus />
				<div className="grid grid-cols-2 gap-3">
					<TextField label={words.maxBudget} inputMode="decimal" value={budget} onChange={setBudget} required />
					<SelectField
						label={budgets.window}
						value={window}
						onChange={setWindow}
						options={WINDOWS.map((value) => ({ value, label: budgets.windows[value] }))}
					/>
				</div>
				<TextField label={words.maxDays} hint={words.daysHint} inputMode="numeric" value={days} onChange={setDays} />
				<ToldAlert error={save.error} />
				<div className="flex flex-wrap justify-end gap-2">
					{before === null ? null : (
						<Button kind="quiet" onClick={() => save.mutate(null)}>
							{words.noneAtAll}
						</Button>
					)}
					<Button onClick={onClose}>{shared.cancel}</Button>
					<Button kind="primary" type="submit" busy={save.isPending}>
						{shared.save}
					</Button>
				</div>
			</form>
		</Dialog>
	);
}
