// Aliases: ranked lists of models under one name.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { all } from "~/api/lists";
import { useSession } from "~/api/session";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { modelWords } from "~/screens/models/words";
import { Button } from "~/ui/button";
import { DangerDialog, Dialog } from "~/ui/dialog";
import { SelectField, TextAreaField, TextField } from "~/ui/fields";
import { FormFoot } from "~/ui/form-foot";
import { Empty, Loaded } from "~/ui/states";
import { Table } from "~/ui/table";

const STRATEGIES = ["priority", "weighted", "cheapest", "fastest", "steadiest", "balanced", "auto"] as const;
type Strategy = (typeof STRATEGIES)[number];

interface Alias {
	readonly name: string;
	readonly strategy: Strategy;
	readonly models: readonly (string | { readonly model: string })[];
}

export function Aliases() {
	const words = useWords(modelWords);
	const shared = useWords(common);
	const { role } = useSession();
	const [editing, setEditing] = useState<Alias | "new" | null>(null);
	const query = useQuery({ queryKey: ["aliases"], queryFn: ({ signal }) => all<Alias>("/admin/aliases", {}, signal) });
	const mayChange = role === "admin";
	const create = mayChange ? (
		<Button kind="primary" onClick={() => setEditing("new")}>
			{words.newAlias}
		</Button>
	) : null;
	return (
		<>
			<div className="flex justify-end">{create}</div>
			<Loaded query={query} rows={4}>
				{(aliases) =>
					aliases.length === 0 ? (
						<Empty title={words.noAlias}>{words.noAliasWhy}</Empty>
					) : (
						<Table
							caption={words.tabs.aliases}
							rows={aliases}
							rowKey={({ name }) => name}
							columns={[
								{ id: "name", title: shared.name, cell: ({ name }) => <code>{name}</code> },
								{
									id: "strategy",
									title: words.strategy,
									cell: ({ strategy }) => words.strategies[strategy],
									wideOnly: true,
								},
								{ id: "models", title: words.members, cell: ({ models }) => models.map(nameOfMember).join(" → ") },
								{ id: "acts", title: "", cell: (alias) => (mayChange ? <Remove name={alias.name} /> : null) },
							]}
						/>
					)
				}
			</Loaded>
			{editing === null ? null : <NewAlias onClose={() => setEditing(null)} />}
		</>
	);
}

function nameOfMember(member: string | { readonly model: string }): string {
	return typeof member === "string" ? member : member.model;
}

function NewAlias({ onClose }: { readonly onClose: () => void }) {
	const words = useWords(modelWords);
	const shared = useWords(common);
	const queries = useQueryClient();
	const [name, setName] = useState("");
	const [members, setMembers] = useState("");
	const [strategy, setStrategy] = useState<Strategy>("priority");
	const save = useMutation({
		mutationFn: () => {
			const models = members
				.split("\n")
				.map((line) => line.trim())
				.filter((line) => line !== "");
			return call<unknown>("POST", "/admin/aliases", { body: { name: name.trim(), strategy, models } });
		},
		onSuccess: async () => {
			await queries.invalidateQueries({ queryKey: ["aliases"] });
			onClose();
		},
	});
	return (
		<Dialog title={words.newAlias} description={words.noAliasWhy} onClose={onClose}>
			<form
				className="flex flex-col gap-4"
				onSubmit={(event) => {
					event.preventDefault();
					save.mutate();
				}}
			>
				<TextField label={shared.name} value={name} onChange={setName} required autoFocus />
				<TextAreaField label={words.members} hint={words.membersHint} value={members} onChange={setMembers} required />
				<SelectField
					label={words.strategy}
					value={strategy}
					onChange={setStrategy}
					options={STRATEGIES.map((value) => ({ value, label: words.strategies[value] }))}
				/>
				<FormFoot action={shared.save} attempt={save} onCancel={onClose} />
			</form>
		</Dialog>
	);
}

function Remove({ name }: { readonly name: string }) {
	const words = useWords(modelWords);
	const queries = useQueryClient();
	const [asking, setAsking] = useState(false);
	const remove = useMutation({
		mutationFn: () => call<unknown>("DELETE", `/admin/aliases/${encodeURIComponent(name)}`),
		onSuccess: () => queries.invalidateQueries({ queryKey: ["aliases"] }),
	});
	return (
		<>
			<Button kind="quiet" onClick={() => setAsking(true)}>
				{words.remove}
			</Button>
			{asking ? (
				<DangerDialog
					title={words.removeTitle(name)}
					consequence={words.removeWhat(name)}
					action={words.remove}
					busy={remove.isPending}
					error={remove.error}
					onConfirm={() => remove.mutate()}
					onClose={() => setAsking(false)}
				/>
			) : null}
		</>
	);
}
