// Sets one more budget of a key or team, or changes one that is there; the others stay as they are.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import type { Operation } from "~/i18n/operations";
import { AMOUNT, type Budget, type BudgetOwner, WINDOWS } from "~/screens/budgets/budget";
import { CountedOperations } from "~/screens/budgets/counted-operations";
import { budgetWords } from "~/screens/budgets/words";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { SelectField, TextField } from "~/ui/fields";
import { FormFoot } from "~/ui/form-foot";

const ACTIONS = ["block", "warn"] as const;

interface Props {
	readonly owner: BudgetOwner;
	/** The one to change; absent for a new one. */
	readonly budget?: Budget;
}

export function SetBudget({ owner, budget }: Props) {
	const words = useWords(budgetWords);
	const [open, setOpen] = useState(false);
	const title = budget === undefined ? words.add : words.edit;
	return (
		<>
			<Button kind={budget === undefined ? "secondary" : "quiet"} onClick={() => setOpen(true)}>
				{title}
			</Button>
			{open ? (
				<Dialog title={`${title}: ${owner.name}`} onClose={() => setOpen(false)}>
					<BudgetForm owner={owner} onClose={() => setOpen(false)} {...(budget && { budget })} />
				</Dialog>
			) : null}
		</>
	);
}

function BudgetForm({ owner, budget, onClose }: Props & { readonly onClose: () => void }) {
	const words = useWords(budgetWords);
	const shared = useWords(common);
	const queries = useQueryClient();
	const [limit, setLimit] = useState(budget?.limit_usd ?? "");
	const [window, setWindow] = useState<(typeof WINDOWS)[number]>("month");
	const [action, setAction] = useState<(typeof ACTIONS)[number]>(budget?.action ?? "block");
	const [operations, setOperations] = useState<readonly Operation[]>(budget?.operations ?? []);
	const [checked, setChecked] = useState(false);
	const save = useMutation({
		mutationFn: () => {
			const set = { limit_usd: limit, action, operations: operations.length === 0 ? null : operations };
			const zone = window === "total" ? {} : { time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
			const budgets =
				budget === undefined
					? [...owner.budgets, { ...set, window, ...zone }]
					: owner.budgets.map((one) => (one.id === budget.id ? { ...one, ...set } : one));
			return call<unknown>("PATCH", owner.path, { body: { budgets } });
		},
		onSuccess: async () => {
			await Promise.all(owner.refreshes.map((queryKey) => queries.invalidateQueries({ queryKey })));
			onClose();
		},
	});
	return (
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
					error={checked && !AMOUNT.test(limit) ? words.badAmount : undefined}
					autoFocus
				/>
				{budget === undefined ? (
					<SelectField
						label={words.window}
						value={window}
						onChange={setWindow}
						options={WINDOWS.map((value) => ({ value, label: words.windows[value] }))}
					/>
				) : null}
			</div>
			<CountedOperations chosen={operations} onChange={setOperations} />
			<SelectField
				label={words.action}
				value={action}
				onChange={setAction}
				options={ACTIONS.map((value) => ({ value, label: words.actions[value] }))}
			/>
			<FormFoot action={shared.save} attempt={save} onCancel={onClose} />
		</form>
	);
}
