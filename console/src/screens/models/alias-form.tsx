// What an alias says: its models in their order, and how one is chosen of them.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { useModels } from "~/api/models";
import type { Alias } from "~/api/types";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { modelWords } from "~/screens/models/words";
import { Button } from "~/ui/button";
import { SelectField, TextField } from "~/ui/fields";
import { FormFoot } from "~/ui/form-foot";
import { RankedList } from "~/ui/ranked-list";

const STRATEGIES = ["priority", "weighted", "cheapest", "fastest", "steadiest", "balanced", "auto"] as const;
type Member = Alias["models"][number];

interface Props {
	/** Null for a new one. */
	readonly alias: Alias | null;
	readonly onDone: () => void;
}

export function AliasForm({ alias, onDone }: Props) {
	const words = useWords(modelWords);
	const shared = useWords(common);
	const queries = useQueryClient();
	const known = useModels();
	const [name, setName] = useState("");
	const [members, setMembers] = useState<readonly Member[]>(alias?.models ?? []);
	const [strategy, setStrategy] = useState<Alias["strategy"]>(alias?.strategy ?? "priority");
	const [wanted, setWanted] = useState("");
	const save = useMutation({
		mutationFn: () => {
			const models = strategy === "weighted" ? members : members.map(({ model }) => model);
			if (alias === null) {
				return call<Alias>("POST", "/admin/aliases", { body: { name: name.trim(), strategy, models } });
			}
			// What else the alias says stays as it is.
			const { id: _id, object: _object, name: path, version: _version, updated_at: _at, ...rest } = alias;
			return call<Alias>("PUT", `/admin/aliases/${encodeURIComponent(path)}`, { body: { ...rest, strategy, models } });
		},
		onSuccess: async () => {
			await queries.invalidateQueries({ queryKey: ["aliases"] });
			onDone();
		},
	});
	const add = () => {
		const model = wanted.trim();
		if (model === "" || members.some((member) => member.model === model)) return;
		setMembers([...members, { model, weight: 1 }]);
		setWanted("");
	};
	return (
		<form
			className="flex flex-col gap-4"
			onSubmit={(event) => {
				event.preventDefault();
				// Enter in the field of a model adds it.
				if (wanted.trim() === "") save.mutate();
				else add();
			}}
		>
			{alias === null ? <TextField label={shared.name} value={name} onChange={setName} required autoFocus /> : null}
			<RankedList label={words.members} items={members} nameOf={({ model }) => model} onChange={setMembers}>
				{({ model, weight }, place) =>
					strategy === "weighted" ? (
						<input
							aria-label={words.weightOf(model)}
							className="h-7 w-16 rounded-md border border-kumo-line bg-kumo-control px-2 text-right"
							inputMode="decimal"
							value={weight}
							onChange={(event) =>
								setMembers(members.with(place, { model, weight: Number(event.currentTarget.value) || 0 }))
							}
						/>
					) : null
				}
			</RankedList>
			<div className="flex items-end gap-2">
				<div className="flex-1">
					<TextField
						label={words.addMember}
						value={wanted}
						onChange={setWanted}
						suggestions={(known.data ?? []).map(({ id }) => id)}
					/>
				</div>
				<Button onClick={add}>{words.add}</Button>
			</div>
			<SelectField
				label={words.strategy}
				value={strategy}
				onChange={setStrategy}
				options={STRATEGIES.map((value) => ({ value, label: words.strategyNames[value] }))}
				hint={words.strategies[strategy]}
			/>
			<FormFoot action={shared.save} attempt={save} onCancel={onDone} />
		</form>
	);
}
