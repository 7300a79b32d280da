// A ranked list: rows are dragged to their place, or moved by buttons and by the arrow keys.
import { ArrowDownIcon } from "@phosphor-icons/react/ArrowDown";
import { ArrowUpIcon } from "@phosphor-icons/react/ArrowUp";
import { DotsSixVerticalIcon } from "@phosphor-icons/react/DotsSixVertical";
import { XIcon } from "@phosphor-icons/react/X";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { defineWords, useWords } from "~/i18n/language";
import { IconButton } from "~/ui/button";

const words = defineWords(
	{
		up: (name: string) => `Move ${name} up`,
		down: (name: string) => `Move ${name} down`,
		remove: (name: string) => `Remove ${name}`,
		moved: (name: string, place: number, all: number) => `${name} is now ${place} of ${all}`,
		handle: (name: string) => `Rank of ${name}`,
		hint: "Drag a row to its place, or press the arrow keys on its handle.",
	},
	{
		up: (name) => `上移 ${name}`,
		down: (name) => `下移 ${name}`,
		remove: (name) => `移除 ${name}`,
		moved: (name, place, all) => `${name} 现在排第 ${place} 位，共 ${all} 项`,
		handle: (name) => `${name} 的排名`,
		hint: "拖动各行调整顺序，或在手柄上按方向键。",
	},
);

interface RankedListProps<Item> {
	readonly label: string;
	readonly items: readonly Item[];
	readonly nameOf: (item: Item) => string;
	/** Beside the name. */
	readonly children: (item: Item, place: number) => ReactNode;
	readonly onChange: (items: readonly Item[]) => void;
}

export function RankedList<Item>({ label, items, nameOf, children, onChange }: RankedListProps<Item>) {
	const text = useWords(words);
	const [dragged, setDragged] = useState<number | null>(null);
	const [told, setTold] = useState("");
	const move = (from: number, to: number) => {
		const item = items[from];
		if (item === undefined || to < 0 || to >= items.length) return;
		const others = items.toSpliced(from, 1);
		onChange(others.toSpliced(to, 0, item));
		setTold(text.moved(nameOf(item), to + 1, items.length));
	};
	const onKeyDown = (event: KeyboardEvent, place: number) => {
		const isArrow = event.key === "ArrowUp" || event.key === "ArrowDown";
		if (!isArrow || !(event.target instanceof HTMLButtonElement)) return;
		event.preventDefault();
		move(place, event.key === "ArrowUp" ? place - 1 : place + 1);
	};
	return (
		<div className="flex flex-col gap-1.5">
			<span className="font-medium">{label}</span>
			<ol className="m-0 flex list-none flex-col gap-1 p-0" aria-label={label}>
				{items.map((item, place) => (
					<li
						key={nameOf(item)}
						draggable
						onDragStart={(event) => {
							event.dataTransfer.effectAllowed = "move";
							event.dataTransfer.setData("text/plain", nameOf(item));
							setDragged(place);
						}}
						onDragOver={(event) => {
							event.preventDefault();
							if (dragged === null || dragged === place) return;
							move(dragged, place);
							setDragged(place);
						}}
						onDrop={(event) => event.preventDefault()}
						onDragEnd={() => setDragged(null)}
						onKeyDown={(event) => onKeyDown(event, place)}
						className={`flex items-center gap-2 rounded-md border border-kumo-line bg-kumo-base px-2 py-1 ${dragged === place ? "opacity-60" : ""}`}
					>
						<IconButton label={text.handle(nameOf(item))} icon={<DotsSixVerticalIcon size={16} />} />
						<span className="figures w-5 shrink-0 text-right text-kumo-subtle">{place + 1}</span>
						<span className="min-w-0 flex-1 break-all">{nameOf(item)}</span>
						{children(item, place)}
						<IconButton
							label={text.up(nameOf(item))}
							icon={<ArrowUpIcon size={14} />}
							disabled={place === 0}
							onClick={() => move(place, place - 1)}
						/>
						<IconButton
							label={text.down(nameOf(item))}
							icon={<ArrowDownIcon size={14} />}
							disabled={place === items.length - 1}
							onClick={() => move(place, place + 1)}
						/>
						<IconButton
							label={text.remove(nameOf(item))}
							icon={<XIcon size={14} />}
							onClick={() => onChange(items.toSpliced(place, 1))}
						/>
					</li>
				))}
			</ol>
			<p className="m-0 text-kumo-subtle">{text.hint}</p>
			<span role="status" className="sr-only">
				{told}
			</span>
		</div>
	);
}
