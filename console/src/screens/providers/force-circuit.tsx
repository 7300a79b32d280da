// Keeps requests away from a provider for some hours, for a reason that stays on record.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { useWords } from "~/i18n/language";
import { providerWords } from "~/screens/providers/words";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { TextField } from "~/ui/fields";
import { FormFoot } from "~/ui/form-foot";

const HOUR_S = 3600;

export function ForceCircuit({ name }: { readonly name: string }) {
	const words = useWords(providerWords);
	const queries = useQueryClient();
	const [open, setOpen] = useState(false);
	const [why, setWhy] = useState("");
	const [hours, setHours] = useState("1");
	const force = useMutation({
		mutationFn: () =>
			call<unknown>("POST", `/admin/circuits/${encodeURIComponent(name)}/force`, {
				body: { state: "open", ttl_seconds: Math.round(Number(hours) * HOUR_S), reason: why },
			}),
		onSuccess: async () => {
			await queries.invalidateQueries({ queryKey: ["circuits"] });
			setOpen(false);
		},
	});
	return (
		<>
			<Button kind="danger" onClick={() => setOpen(true)}>
				{words.force}
			</Button>
			{open ? (
				<Dialog title={words.forceTitle(name)} description={words.forceWhat} onClose={() => setOpen(false)}>
					<form
						className="flex flex-col gap-4"
						onSubmit={(event) => {
							event.preventDefault();
							force.mutate();
						}}
					>
						<TextField label={words.reason} value={why} onChange={setWhy} required autoFocus />
						<TextField label={words.hours} inputMode="decimal" value={hours} onChange={setHours} required />
						<FormFoot action={words.force} kind="danger" attempt={force} onCancel={() => setOpen(false)} />
					</form>
				</Dialog>
			) : null}
		</>
	);
}
