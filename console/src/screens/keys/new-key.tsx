// Makes a key: its name and team, then only what is wanted; its text is shown once.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { ApiError, call } from "~/api/client";
import { useModels } from "~/api/models";
import { useTeams } from "~/api/names";
import type { NewKey } from "~/api/types";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import type { Operation } from "~/i18n/operations";
import { AMOUNT, WINDOWS } from "~/screens/budgets/budget";
import { CountedOperations } from "~/screens/budgets/counted-operations";
import { budgetWords } from "~/screens/budgets/words";
import { TextOnce } from "~/screens/keys/shown-once";
import { keyWords } from "~/screens/keys/words";
import { Button } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { SelectField, TextField } from "~/ui/fields";
import { FormFoot } from "~/ui/form-foot";
import { Told } from "~/ui/told";

/** The API's fields that have one of their own here, where what is wrong with them is told. */
const FIELDS = ["name", "team_id", "budgets", "limits", "models", "expires_at", "ip_ranges"] as const;

interface Wanted {
	readonly name: string;
	readonly team: string;
	readonly budget: string;
	readonly window: (typeof WINDOWS)[number];
	readonly operations: readonly Operation[];
	readonly perMinute: string;
	readonly models: string;
	readonly expires: string;
	readonly ipRanges: string;
}

const EMPTY: Wanted = {
	name: "",
	team: "",
	budget: "",
	window: "month",
	operations: [],
	perMinute: "",
	models: "",
	expires: "",
	ipRanges: "",
};

interface Props {
	/** The team that is chosen at first. */
	readonly team?: string;
	/** Told of the key with its text, so that the screen can put it into what a person copies from it. */
	readonly onMade?: (made: NewKey) => void;
	readonly onClose: () => void;
}

export function NewKeyDialog({ team, onMade, onClose }: Props) {
	const words = useWords(keyWords);
	const [made, setMade] = useState<NewKey | null>(null);
	const show = (key: NewKey) => {
		setMade(key);
		onMade?.(key);
	};
	return (
		<Dialog
			title={made === null ? words.create : words.shown(made.name)}
			description={made === null ? undefined : words.once}
			onClose={onClose}
		>
			{made === null ? (
				<NewKeyForm onMade={show} onClose={onClose} {...(team && { team })} />
			) : (
				<TextOnce made={made} onClose={onClose} />
			)}
		</Dialog>
	);
}

function NewKeyForm({ team, onMade, onClose }: Props & Required<Pick<Props, "onMade">>) {
	const words = useWords(keyWords);
	const budgets = useWords(budgetWords);
	const shared = useWords(common);
	const teams = useTeams();
	const queries = useQueryClient();
	const details = useId();
	const [wanted, setWanted] = useState<Wanted>({ ...EMPTY, team: team ?? "" });
	const [checked, setChecked] = useState(false);
	const [more, setMore] = useState(false);
	const onlyTeam = teams.data?.length === 1 ? teams.data[0]?.id : undefined;
	const chosenTeam = wanted.team || onlyTeam || "";
	const make = useMutation({
		mutationFn: () => call<NewKey>("POST", "/admin/keys", { body: bodyOf({ ...wanted, team: chosenTeam }) }),
		onSuccess: (made) => {
			onMade(made);
			void queries.invalidateQueries({ queryKey: ["keys"] });
		},
	});
	const set = (some: Partial<Wanted>) => setWanted({ ...wanted, ...some });
	const problems = {
		name: wanted.name.trim() === "" ? words.missingName : undefined,
		team: chosenTeam === "" ? words.missingTeam : undefined,
		budget: wanted.budget !== "" && !AMOUNT.test(wanted.budget) ? budgets.badAmount : undefined,
	};
	const shown = checked ? problems : { name: undefined, team: undefined, budget: undefined };
	const { error } = make;
	const atFault = error instanceof ApiError ? FIELDS.find((field) => error.param?.startsWith(field)) : undefined;
	const told = (field: (typeof FIELDS)[number]) =>
		error !== null && field === atFault ? <Told error={error} /> : undefined;
	return (
		<form
			className="flex flex-col gap-4"
			onSubmit={(event) => {
				event.preventDefault();
				setChecked(true);
				if (Object.values(problems).every((problem) => problem === undefined)) make.mutate();
			}}
		>
			<TextField
				label={shared.name}
				hint={words.nameHint}
				value={wanted.name}
				onChange={(name) => set({ name })}
				error={shown.name ?? told("name")}
				autoFocus
			/>
			<SelectField
				label={shared.team}
				value={chosenTeam}
				onChange={(chosen) => set({ team: chosen })}
				error={shown.team ?? told("team_id")}
				options={[{ value: "", label: "–" }, ...(teams.data ?? []).map(({ id, name }) => ({ value: id, label: name }))]}
			/>
			<div>
				<Button kind="quiet" aria-expanded={more} onClick={() => setMore(!more)}>
					{words.more}
				</Button>
			</div>
			<div id={details} hidden={!more} className={more ? "flex flex-col gap-4" : ""}>
				<div className="grid grid-cols-2 gap-3">
					<TextField
						label={words.budget}
						inputMode="decimal"
						value={wanted.budget}
						onChange={(budget) => set({ budget })}
						error={shown.budget ?? told("budgets")}
					/>
					<SelectField
						label={budgets.window}
						value={wanted.window}
						onChange={(window) => set({ window })}
						options={WINDOWS.map((value) => ({ value, label: budgets.windows[value] }))}
					/>
				</div>
				{wanted.budget === "" ? null : (
					<CountedOperations chosen={wanted.operations} onChange={(operations) => set({ operations })} />
				)}
				<TextField
					label={words.perMinute}
					inputMode="numeric"
					value={wanted.perMinute}
					onChange={(perMinute) => set({ perMinute })}
					error={told("limits")}
				/>
				<TextField
					label={words.models}
					hint={words.modelsHint}
					value={wanted.models}
					onChange={(models) => set({ models })}
					error={told("models")}
				/>
				<Reach patterns={wanted.models} />
				<TextField
					label={words.expires}
					type="date"
					value={wanted.expires}
					onChange={(expires) => set({ expires })}
					error={told("expires_at")}
				/>
				<TextField
					label={words.ipRanges}
					hint={words.ipHint}
					value={wanted.ipRanges}
					onChange={(ipRanges) => set({ ipRanges })}
					error={told("ip_ranges")}
				/>
			</div>
			<FormFoot
				action={words.submit}
				attempt={{ error: atFault === undefined ? error : null, isPending: make.isPending }}
				onCancel={onClose}
			/>
		</form>
	);
}

function list(text: string): string[] {
	return text
		.split(/[,\s]+/)
		.map((part) => part.trim())
		.filter((part) => part !== "");
}

/** What the API takes: fields that were left empty are not in it. */
function bodyOf({ name, team, budget, window, operations, perMinute, models, expires, ipRanges }: Wanted) {
	return {
		team_id: team,
		name: name.trim(),
		...(budget !== "" && {
			budgets: [{ limit_usd: budget, window, ...(operations.length > 0 && { operations }) }],
		}),
		...(perMinute !== "" && { limits: { requests_per_minute: Number(perMinute) } }),
		...(models !== "" && { models: list(models) }),
		...(expires !== "" && { expires_at: new Date(expires).toISOString() }),
		...(ipRanges !== "" && { ip_ranges: list(ipRanges) }),
	};
}

/** How many of the models are named; more than a person reads. */
const MAX_NAMED = 12;

/** Which models the patterns reach, so that a slip shows before the key is made. */
function Reach({ patterns }: { readonly patterns: string }) {
	const words = useWords(keyWords);
	const wanted = list(patterns);
	const [shown, setShown] = useState(false);
	const models = useModels(wanted.length > 0 || shown);
	const known = models.data;
	const reached = (known ?? []).filter(
		({ id, model, hidden }) =>
			hidden !== true && (wanted.length === 0 || wanted.some((pattern) => matches(pattern, id, model))),
	);
	const idle = wanted.filter((pattern) => known?.every(({ id, model }) => !matches(pattern, id, model)));
	const more = reached.length - MAX_NAMED;
	return (
		<div className="flex flex-col items-start gap-1" role="status">
			<Button kind="quiet" aria-expanded={shown} onClick={() => setShown(!shown)}>
				{words.reachList}
			</Button>
			{known === undefined || (wanted.length === 0 && !shown) ? null : (
				<p className="m-0">{words.reach(reached.length)}</p>
			)}
			{idle.map((pattern) => (
				<p key={pattern} className="m-0 text-kumo-warning">
					{words.reachNothing(pattern)}
				</p>
			))}
			{shown ? (
				<p className="m-0 break-words text-kumo-subtle">
					{reached
						.slice(0, MAX_NAMED)
						.map(({ id }) => id)
						.join(", ")}
					{more > 0 ? ` ${words.reachMore(more)}` : ""}
				</p>
			) : null}
		</div>
	);
}

/** As the gateway reads patterns: with a slash over `provider/model`, without one over the model's id. */
function matches(pattern: string, id: string, model: string): boolean {
	const text = pattern.includes("/") ? id : model;
	return pattern.endsWith("*") ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}
