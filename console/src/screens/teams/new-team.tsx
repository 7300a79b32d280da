// Makes a team.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import type { Team } from "~/api/types";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { teamWords } from "~/screens/teams/words";
import { Dialog } from "~/ui/dialog";
import { TextField } from "~/ui/fields";
import { FormFoot } from "~/ui/form-foot";

export function NewTeamDialog({ onClose }: { readonly onClose: () => void }) {
	const words = useWords(teamWords);
	const shared = useWords(common);
	const queries = useQueryClient();
	const [name, setName] = useState("");
	const [checked, setChecked] = useState(false);
	const make = useMutation({
		mutationFn: () => call<Team>("POST", "/admin/teams", { body: { name: name.trim() } }),
		onSuccess: async () => {
			await queries.invalidateQueries({ queryKey: ["teams"] });
			onClose();
		},
	});
	const missing = checked && name.trim() === "" ? words.missingName : undefined;
	return (
		<Dialog title={words.create} onClose={onClose}>
			<form
				className="flex flex-col gap-4"
				onSubmit={(event) => {
					event.preventDefault();
					setChecked(true);
					if (name.trim() !== "") make.mutate();
				}}
			>
				<TextField label={shared.name} value={name} onChange={setName} error={missing} autoFocus />
				<FormFoot action={words.submit} attempt={make} onCancel={onClose} />
			</form>
		</Dialog>
	);
}
