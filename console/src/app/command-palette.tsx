// One box that goes anywhere: a screen by its name, a request by its id, a key, a team or a model by its own.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { all } from "~/api/lists";
import { useReach, useSession } from "~/api/session";
import { frameWords } from "~/app/frame-words";
import { screensOf } from "~/app/screens";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { Dialog } from "~/ui/dialog";
import { TextField } from "~/ui/fields";

interface Place {
	readonly id: string;
	readonly label: string;
	readonly kind: string;
	readonly to: string;
	readonly search?: Record<string, string>;
}

interface Named {
	readonly id: string;
	readonly name: string;
	readonly last4?: string | null;
}

const MAX_SHOWN = 12;

export function CommandPalette({ onClose }: { readonly onClose: () => void }) {
	const frame = useWords(frameWords);
	const navigate = useNavigate();
	const [text, setText] = useState("");
	const [chosen, setChosen] = useState(0);
	const places = usePlaces(text);
	const go = (place: Place | undefined) => {
		if (place === undefined) return;
		onClose();
		void navigate({ to: place.to, search: place.search ?? {} });
	};
	return (
		<Dialog title={frame.goTo} onClose={onClose}>
			<form
				onSubmit={(event) => {
					event.preventDefault();
					go(places[chosen]);
				}}
				onKeyDown={(event) => {
					const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
					if (step === undefined) return;
					event.preventDefault();
					setChosen((chosen + step + places.length) % Math.max(places.length, 1));
				}}
			>
				<TextField
					label={frame.searchHint}
					type="search"
					value={text}
					onChange={(value) => {
						setText(value);
						setChosen(0);
					}}
					autoComplete="off"
					autoFocus
				/>
			</form>
			<ul className="m-0 mt-3 list-none p-0">
				{places.map((place, index) => (
					<li key={place.id}>
						<button
							type="button"
							aria-current={index === chosen}
							className="flex h-8 w-full cursor-pointer items-center justify-between gap-4 rounded-md border-0 bg-transparent px-2 text-left text-kumo-default hover:bg-kumo-tint aria-[current=true]:bg-kumo-fill"
							onClick={() => go(place)}
						>
							<span className="truncate">{place.label}</span>
							<span className="text-kumo-subtle">{place.kind}</span>
						</button>
					</li>
				))}
			</ul>
			<p role="status" className="m-0 text-kumo-subtle">
				{places.length === 0 ? frame.nothingFound : ""}
			</p>
		</Dialog>
	);
}

/** What the text may mean, the likeliest first. */
function usePlaces(text: string): readonly Place[] {
	const words = useWords(common);
	const session = useSession();
	const reach = useReach();
	const keys = useQuery({
		queryKey: ["keys", "all"],
		queryFn: ({ signal }) => all<Named>("/admin/keys", {}, signal),
	});
	const teams = useQuery({
		queryKey: ["teams", "all"],
		queryFn: ({ signal }) => all<Named>("/admin/teams", {}, signal),
		enabled: reach.teams,
	});
	const wanted = text.trim().toLowerCase();
	if (/^req_[0-9a-f]+$/.test(wanted)) {
		return [{ id: wanted, label: wanted, kind: words.requests, to: "/requests", search: { open: wanted } }];
	}
	const screens = screensOf(session).map(({ path, word }) => ({ id: path, label: words[word], kind: "", to: path }));
	const found: Place[] = [
		...screens,
		...(keys.data ?? []).map(({ id, name, last4 }) => ({
			id,
			label: last4 ? `${name} …${last4}` : name,
			kind: words.key,
			...(reach.teams ? { to: "/keys", search: { open: id } } : { to: "/requests", search: { key_id: id } }),
		})),
		...(teams.data ?? []).map(({ id, name }) => ({
			id,
			label: name,
			kind: words.team,
			to: "/teams",
			search: { open: id },
		})),
	].filter(({ id, label }) => `${id} ${label}`.toLowerCase().includes(wanted));
	if (wanted !== "") {
		found.push({ id: "model", label: text.trim(), kind: words.model, to: "/models", search: { search: text.trim() } });
	}
	return found.slice(0, MAX_SHOWN);
}
