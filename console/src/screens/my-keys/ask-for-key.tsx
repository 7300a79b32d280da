// Asks for a key in two fields: its name and team. Within the team's ceilings its text is shown at once.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { useOwnTeams } from "~/api/self-service";
import type { KeyRequest, NewKey } from "~/api/types";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { AMOUNT, WINDOWS } from "~/screens/budgets/budget";
import { budgetWords } from "~/screens/budgets/words";
import { TextOnce } from "~/screens/keys/shown-once";
import { keyWords } from "~/screens/keys/words";
import { myKeyWords } from "~/screens/my-keys/words";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { SelectField, TextField } from "~/ui/fields";
import { FormFoot } from "~/ui/form-foot";

interface Asked {
	readonly request: KeyRequest;
	/** Null where the request waits for a person. */
	readonly api_key: NewKey | null;
}

export function AskForKey({ onClose }: { readonly onClose: () => void }) {
	const words = useWords(myKeyWords);
	const keys = useWords(keyWords);
	const [asked, setAsked] = useState<Asked | null>(null);
	const made = asked?.api_key ?? null;
	return (
		<Dialog
			title={made === null ? words.ask : keys.shown(made.name)}
			description={asked === null ? undefined : made === null ? words.waits : keys.once}
			onClose={onClose}
		>
			{asked === null ? <AskForm onAsked={setAsked} onClose={onClose} /> : null}
			{made === null ? null : <TextOnce made={made} onClose={onClose} />}
			{asked !== null && made === null ? (
				<div className="flex justify-end">
					<Button kind="primary" onClick={onClose}>
						{keys.done}
					</Button>
				</div>
			) : null}
		</Dialog>
	);
}

interface AskFormProps {
	readonly onAsked: (asked: Asked) => void;
	readonly onClose: () => void;
}

function AskForm({ onAsked, onClose }: AskFormProps) {
	const words = useWords(myKeyWords);
	const keys = useWords(keyWords);
	const budgets = useWords(budgetWords);
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
		mutationFn: async () => {
			// A quick hand is done before it is known which teams there are.
			const own = teams.data ?? (await teams.refetch({ cancelRefetch: false })).data;
			return call<Asked>("POST", "/admin/key-requests", {
				body: {
					team_id: chosen || (own?.[0]?.id ?? ""),
					name: name.trim(),
					...(budget !== "" && { budget_usd: budget, window }),
					...(reason.trim() !== "" && { reason }),
				},
			});
		},
		onSuccess: (asked) => {
			onAsked(asked);
			for (const subject of ["keys", "key-requests", "teams"]) void queries.invalidateQueries({ queryKey: [subject] });
		},
	});
	const problems = {
		name: name.trim() === "" ? keys.missingName : undefined,
		budget: budget !== "" && !AMOUNT.test(budget) ? budgets.badAmount : undefined,
	};
	return (
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
						label={budgets.window}
						value={window}
						onChange={setWindow}
						options={WINDOWS.map((value) => ({ value, label: budgets.windows[value] }))}
					/>
				</div>
				<TextField label={words.reason} hint={words.reasonHint} value={reason} onChange={setReason} maxLength={500} />
			</div>
			<FormFoot action={words.submit} attempt={ask} onCancel={onClose} />
		</form>
	);
}
