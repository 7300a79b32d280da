// The form by which an admin puts a price in place of a model's own, hides it, or takes all of that back.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "~/api/client";
import { priceNow } from "~/api/models";
import type { KnownModel } from "~/api/types";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { modelWords } from "~/screens/models/words";
import { Button } from "~/ui/button";
import { CheckboxField, TextField } from "~/ui/fields";
import { ToldAlert } from "~/ui/told";

const PRICES = ["input", "cache_read", "output"] as const;

export function ModelOverride({ model, path }: { readonly model: KnownModel; readonly path: string }) {
	const words = useWords(modelWords);
	const shared = useWords(common);
	const queries = useQueryClient();
	const price = priceNow(model);
	const [amounts, setAmounts] = useState({
		input: `${price?.input ?? ""}`,
		cache_read: `${price?.cache_read ?? ""}`,
		output: `${price?.output ?? ""}`,
	});
	const [hidden, setHidden] = useState(model.hidden === true);
	const done = () => queries.invalidateQueries({ queryKey: ["models"] });
	const save = useMutation({
		mutationFn: () => {
			const given = PRICES.filter((name) => amounts[name].trim() !== "");
			const isNew = PRICES.some((name) => amounts[name] !== `${price?.[name] ?? ""}`);
			const entry = { ...price, ...Object.fromEntries(given.map((name) => [name, Number(amounts[name])])) };
			return call<KnownModel>("PATCH", path, {
				body: { ...(isNew && { prices: [entry] }), hidden: hidden ? true : null },
			});
		},
		onSuccess: done,
	});
	const undo = useMutation({ mutationFn: () => call<KnownModel>("DELETE", path), onSuccess: done });
	const error = save.error ?? undo.error;
	const labels = { input: words.input, cache_read: words.cached, output: words.output };
	return (
		<form
			className="flex flex-col gap-3"
			onSubmit={(event) => {
				event.preventDefault();
				save.mutate();
			}}
		>
			<p className="m-0 text-kumo-subtle">{words.overrideHint}</p>
			<div className="grid grid-cols-3 gap-3">
				{PRICES.map((name) => (
					<TextField
						key={name}
						label={labels[name]}
						inputMode="decimal"
						value={amounts[name]}
						onChange={(value) => setAmounts({ ...amounts, [name]: value })}
					/>
				))}
			</div>
			<CheckboxField label={words.hidden} checked={hidden} onChange={setHidden} />
			<ToldAlert error={error} />
			<div className="flex gap-2">
				<Button kind="primary" type="submit" busy={save.isPending}>
					{shared.save}
				</Button>
				{Object.keys(model.override).length > 0 ? (
					<Button busy={undo.isPending} onClick={() => undo.mutate()}>
						{words.takeBack}
					</Button>
				) : null}
			</div>
		</form>
	);
}
