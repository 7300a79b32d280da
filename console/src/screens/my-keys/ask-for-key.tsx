// Asks for a key in two fields: its name and team. Within the team's ceilings its text is shown at once.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { useOwnTeams } from "~/api/self-service";
import type { KeyRequest, NewKey } from "~/api/types";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { ShownOnce } from "~/screens/keys/shown-once";
import { keyWords } from "~/screens/keys/words";
import { myKeyWords } from "~/screens/my-keys/words";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { SelectField, TextField } from "~/ui/fields";
import { reason as told } from "~/ui/states";

const WINDOWS = ["month", "week", "day", "total"] as const;
const AMOUNT = /^\d+(\.\d{1,9})?$/;

export function AskForKey({ onClose }: { readonly onClose: () => void }) {
	const words = useWords(myKeyWords);
	const keys = useWords(keyWords);
	const shared = useWords(common);
	const queries = useQueryClient();
	const teams = useOwnTeams();
	const [name, setName] = useState("");
	const [chosen, setChosen] = useState("");
	const [budget, setBudget] = useState("");
	const [window, setWindow] = useState<(typeof WINDOWS)[number]>("month");
	const [reason, setReason] = useState("");
	const [more, setMore] = useState(false);
	const [checked, setChecked] = useState(false);
	const team = chosen || (teams.data?.[0]?.id ?? "");
	const ask = useMutation({
		mutationFn: () =>
			call<{ request: KeyRequest; api_key: NewKey | null }>("POST", "/admin/key-requests", {
				body: {
					team_id: team,
					name: name.trim(),
					...(budget !== "" && { budget_usd: budget, window }),
					...(reason.trim() !== "" && { reason }),
				},
			}),
		onSuccess: () =>
			Promise.all(
				["keys", "key-requests", "teams"].map((subject) => queries.invalidateQueries({ queryKey: [subject] })),
			),
	});
	if (ask.data !== undefined) {
		const { api_key: made } = ask.data;
		if (made !== null) return <ShownOnce made={made} onClose={onClose} />;
		return (
			<Dialog title={words.ask} description={words.waits} onClose={onClose}>
				<div className="flex justify-end">
					<Button kind="primary" onClick={onClose}>
						{keys.done}
					</Button>
				</div>
			</Dialog>
		);
	}
	const problems = {
		name: name.trim() === "" ? keys.missingName : undefined,
		budget: budget !== "" && !AMOUNT.test(budget) ? keys.badAmount : undefined,
	};
	return (
		<Dialog title={words.ask} onClose={onClose}>
			<form
				className="flex flex-col gap-4"
				onSubmit={(event) => {
					event.preventDefault();
					setChecked(true);
					if (problems.name === undefined && problems.budget === undefined) ask.mutate();
				}}
			>
				<TextField
					label={shared.name}
					hint={words.nameHint}
					value={name}
					onChange={setName}
					error={checked ? problems.name : undefined}
					autoFocus
				/>
				<SelectField
					label={shared.team}
					value={team}
					onChange={setChosen}
					options={(teams.data ?? []).map(({ id, name: label }) => ({ value: id, label }))}
				/>
				<div>
					<Button kind="quiet" aria-expanded={more} onClick={() => setMore(!more)}>
						{words.more}
					</Button>
				</div>
				<div hidden={!more} className={more ? "flex flex-col gap-4" : ""}>
					<div className="grid grid-cols-2 gap-3">
						<TextField
							label={words.budget}
							hint={words.budgetHint}
							inputMode="decimal"
							value={budget}
							onChange={setBudget}
							error={checked ? problems.budget : undefined}
						/>
						<SelectField
							label={words.window}
							value={window}
							onChange={setWindow}
							options={WINDOWS.map((value) => ({ value, label: words.windows[value] }))}
						/>
					</div>
					<TextField label={words.reason} hint={words.reasonHint} value={reason} onChange={setReason} maxLength={500} />
				</div>
				{ask.error === null ? null : (
					<p role="alert" className="m-0 text-kumo-danger">
						{told(ask.error, shared.unreachable)}
					</p>
				)}
				<div className="flex justify-end gap-2">
					<Button onClick={onClose}>{shared.cancel}</Button>
					<Button kind="primary" type="submit" busy={ask.isPending}>
						{words.submit}
					</Button>
				</div>
			</form>
		</Dialog>
	);
}
