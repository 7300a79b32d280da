// Makes a token for a machine, which is shown once.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import type { AdminToken } from "~/api/types";
import { useWords } from "~/i18n/language";
import { keyWords } from "~/screens/keys/words";
import { type Admitted, AdmittedFields, admits, bodyOf } from "~/screens/people/admitted-fields";
import { peopleWords } from "~/screens/people/words";
import { Button } from "~/ui/button";
import { Snippet } from "~/ui/copy";
import { Dialog } from "~/ui/dialog";
import { TextField } from "~/ui/fields";
import { FormFoot } from "~/ui/form-foot";

type MadeToken = AdminToken & { readonly token: string };

export function NewToken() {
	const words = useWords(peopleWords);
	const { done } = useWords(keyWords);
	const [making, setMaking] = useState(false);
	const [made, setMade] = useState<MadeToken | null>(null);
	const close = () => {
		setMaking(false);
		setMade(null);
	};
	return (
		<>
			<Button onClick={() => setMaking(true)}>{words.newToken}</Button>
			{making ? (
				<Dialog
					title={made === null ? words.newToken : words.tokenShown(made.name)}
					description={made === null ? words.newTokenWhat : words.tokenOnce}
					onClose={close}
				>
					{made === null ? (
						<TokenForm onMade={setMade} onClose={close} />
					) : (
						<div className="flex flex-col gap-4">
							<Snippet text={made.token} />
							<div className="flex justify-end">
								<Button kind="primary" onClick={close}>
									{done}
								</Button>
							</div>
						</div>
					)}
				</Dialog>
			) : null}
		</>
	);
}

interface TokenFormProps {
	readonly onMade: (made: MadeToken) => void;
	readonly onClose: () => void;
}

function TokenForm({ onMade, onClose }: TokenFormProps) {
	const words = useWords(peopleWords);
	const queries = useQueryClient();
	const [name, setName] = useState("");
	const [admitted, setAdmitted] = useState<Admitted>({ role: "viewer", teams: [] });
	const [expires, setExpires] = useState("");
	const [checked, setChecked] = useState(false);
	const make = useMutation({
		mutationFn: () =>
			call<MadeToken>("POST", "/admin/tokens", {
				body: {
					name: name.trim(),
					...bodyOf(admitted),
					expires_at: expires === "" ? null : new Date(expires).toISOString(),
				},
			}),
		onSuccess: (made) => {
			onMade(made);
			void queries.invalidateQueries({ queryKey: ["tokens"] });
		},
	});
	return (
		<form
			className="flex flex-col gap-4"
			onSubmit={(event) => {
				event.preventDefault();
				setChecked(true);
				if (name.trim() !== "" && admits(admitted)) make.mutate();
			}}
		>
			<TextField
				label={words.tokenName}
				value={name}
				onChange={setName}
				error={checked && name.trim() === "" ? words.missingName : undefined}
				autoFocus
			/>
			<AdmittedFields
				roles={["viewer", "team_manager", "admin"]}
				admitted={admitted}
				onChange={setAdmitted}
				checked={checked}
			/>
			<TextField label={words.expires} hint={words.expiresHint} type="date" value={expires} onChange={setExpires} />
			<FormFoot action={words.makeToken} attempt={make} onCancel={onClose} />
		</form>
	);
}
