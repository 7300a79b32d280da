// Adds to a budget's window of now, with a reason that stays on record.
import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { useWords } from "~/i18n/language";
import { budgetWords } from "~/screens/budgets/words";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { TextField } from "~/ui/fields";
import { FormFoot } from "~/ui/form-foot";

interface Props {
	readonly path: string;
	/** The queries that show the budget. */
	readonly refreshes: readonly QueryKey[];
}

export function RaiseBudget({ path, refreshes }: Props) {
	const words = useWords(budgetWords);
	const queries = useQueryClient();
	const [open, setOpen] = useState(false);
	const [amount, setAmount] = useState("");
	const [why, setWhy] = useState("");
	// The same id for each try of one change: the gateway counts it once.
	const [id, setId] = useState(() => crypto.randomUUID());
	const raise = useMutation({
		mutationFn: () => call<unknown>("POST", path, { body: { id, amount_usd: amount, reason: why } }),
		onSuccess: async () => {
			await Promise.all(refreshes.map((queryKey) => queries.invalidateQueries({ queryKey })));
			setOpen(false);
			setAmount("");
			setId(crypto.randomUUID());
		},
	});
	return (
		<div>
			<Button kind="quiet" onClick={() => setOpen(true)}>
				{words.raise}
			</Button>
			{open ? (
				<Dialog title={words.raise} onClose={() => setOpen(false)}>
					<form
						className="flex flex-col gap-4"
						onSubmit={(event) => {
							event.preventDefault();
							raise.mutate();
						}}
					>
						<TextField
							label={words.amount}
							inputMode="decimal"
							value={amount}
							onChange={setAmount}
							required
							autoFocus
						/>
						<TextField label={words.reason} value={why} onChange={setWhy} required />
						<FormFoot action={words.raise} attempt={raise} onCancel={() => setOpen(false)} />
					</form>
				</Dialog>
			) : null}
		</div>
	);
}
