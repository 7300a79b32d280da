// Adds to a budget's window of now, with a reason that stays on record.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { keyWords } from "~/screens/keys/words";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { TextField } from "~/ui/fields";
import { reason } from "~/ui/states";

/** `refreshes` is the query that shows the budget. */
export function RaiseBudget({ path, refreshes }: { readonly path: string; readonly refreshes: readonly string[] }) {
	const words = useWords(keyWords);
	const shared = useWords(common);
	const queries = useQueryClient();
	const [open, setOpen] = useState(false);
	const [amount, setAmount] = useState("");
	const [why, setWhy] = useState("");
	// The same id for each try of one change: the gateway counts it once.
	const [id, setId] = useState(() => crypto.randomUUID());
	const raise = useMutation({
		mutationFn: () => call<unknown>("POST", path, { body: { id, amount_usd: amount, reason: why } }),
		onSuccess: async () => {
			await queries.invalidateQueries({ queryKey: refreshes });
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
						{raise.error === null ? null : (
							<p role="alert" className="m-0 text-kumo-danger">
								{reason(raise.error, shared.unreachable)}
							</p>
						)}
						<div className="flex justify-end gap-2">
							<Button onClick={() => setOpen(false)}>{shared.cancel}</Button>
							<Button kind="primary" type="submit" busy={raise.isPending}>
								{words.raise}
							</Button>
						</div>
					</form>
				</Dialog>
			) : null}
		</div>
	);
}
