// Sets one more budget of a team; those that are there stay as they are.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import type { Team } from "~/api/types";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { teamWords } from "~/screens/teams/words";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { SelectField, TextField } from "~/ui/fields";
import { FormFoot } from "~/ui/form-foot";

const WINDOWS = ["month", "week", "day", "total"] as const;
const ACTIONS = ["block", "warn"] as const;
const AMOUNT = /^\d+(\.\d{1,9})?$/;

export function SetBudget({ team }: { readonly team: Team }) {
	const words = useWords(teamWords);
	const shared = useWords(common);
	const queries = useQueryClient();
	const [open, setOpen] = useState(false);
	const [limit, setLimit] = useState("");
	const [checked, setChecked] = useState(false);
	const [window, setWindow] = useState<(typeof WINDOWS)[number]>("month");
	const [action, setAction] = useState<(typeof ACTIONS)[number]>("block");
	const save = useMutation({
		mutationFn: () => {
			const zone = window === "total" ? {} : { time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
			const budgets = [...team.budgets, { limit_usd: limit, window, action, ...zone }];
			return call<Team>("PATCH", `/admin/teams/${team.id}`, { body: { budgets } });
		},
		onSuccess: async () => {
			await queries.invalidateQueries({ queryKey: ["teams"] });
			setOpen(false);
		},
	});
	const wrong = checked && !AMOUNT.test(limit) ? words.badAmount : undefined;
	return (
		<>
			<Button onClick={() => setOpen(true)}>{words.add}</Button>
			{open ? (
				<Dialog title={`${words.add}: ${team.name}`} onClose={() => setOpen(false)}>
					<form
						className="flex flex-col gap-4"
						onSubmit={(event) => {
							event.preventDefault();
							setChecked(true);
							if (AMOUNT.test(limit)) save.mutate();
						}}
					>
						<div className="grid grid-cols-2 gap-3">
							<TextField
								label={words.limit}
								inputMode="decimal"
								value={limit}
								onChange={setLimit}
								error={wrong}
								autoFocus
							/>
							<SelectField
								label={words.window}
								value={window}
								onChange={setWindow}
								options={WINDOWS.map((value) => ({ value, label: words.windows[value] }))}
							/>
						</div>
						<SelectField
							label={words.action}
							value={action}
							onChange={setAction}
							options={ACTIONS.map((value) => ({ value, label: words.actions[value] }))}
						/>
						<FormFoot action={shared.save} attempt={save} onCancel={() => setOpen(false)} />
					</form>
				</Dialog>
			) : null}
		</>
	);
}
