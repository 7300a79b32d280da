// Adds a provider: one that is known by name needs its key alone, another its address too.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { all } from "~/api/lists";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { providerWords } from "~/screens/providers/words";
import { Dialog } from "~/ui/dialog";
import { SelectField, TextField } from "~/ui/fields";
import { FormFoot } from "~/ui/form-foot";

interface Preset {
	readonly id: string;
	readonly title: string;
	/** Null where only the admin knows it. */
	readonly base_url: string | null;
	readonly base_url_example?: string;
	readonly quirks: readonly string[];
}

export function AddProviderDialog({ onClose }: { readonly onClose: () => void }) {
	const words = useWords(providerWords);
	const shared = useWords(common);
	const queries = useQueryClient();
	const presets = useQuery({
		queryKey: ["presets"],
		queryFn: ({ signal }) => all<Preset>("/admin/provider-presets", {}, signal),
	});
	const [chosen, choose] = useState("");
	const [name, setName] = useState("");
	const [address, setAddress] = useState("");
	const [credential, setCredential] = useState("");
	const preset = presets.data?.find(({ id }) => id === chosen);
	const add = useMutation({
		mutationFn: () =>
			call<unknown>("POST", "/admin/providers", {
				body: {
					...(chosen === "" ? { name } : { preset: chosen }),
					...(address !== "" && { base_url: address }),
					...(credential !== "" && { credential }),
				},
			}),
		onSuccess: async () => {
			await queries.invalidateQueries({ queryKey: ["providers"] });
			onClose();
		},
	});
	return (
		<Dialog title={words.add} onClose={onClose}>
			<form
				className="flex flex-col gap-4"
				onSubmit={(event) => {
					event.preventDefault();
					add.mutate();
				}}
			>
				<SelectField
					label={words.preset}
					value={chosen}
					onChange={choose}
					options={[
						{ value: "", label: words.own },
						...(presets.data ?? []).map(({ id, title }) => ({ value: id, label: title })),
					]}
					hint={preset?.quirks.join(" ")}
				/>
				{chosen === "" ? <TextField label={shared.name} value={name} onChange={setName} required /> : null}
				{chosen === "" || preset?.base_url === null ? (
					<TextField
						label={words.address}
						type="url"
						value={address}
						onChange={setAddress}
						placeholder={preset?.base_url_example ?? "https://llm.example.com/v1"}
						required
					/>
				) : null}
				<TextField
					label={words.credential}
					hint={words.credentialHint}
					type="password"
					autoComplete="off"
					value={credential}
					onChange={setCredential}
				/>
				<FormFoot action={words.submit} attempt={add} onCancel={onClose} />
			</form>
		</Dialog>
	);
}
