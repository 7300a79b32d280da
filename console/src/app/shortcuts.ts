// The keyboard: `/` searches, `g` then a letter goes to a screen, `?` lists the keys.
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { useSession } from "~/api/session";
import { screensOf } from "~/app/screens";
import { keptBetweenScreens } from "~/app/team-switch";

/** Between `g` and its letter. */
const MAX_PAUSE_MS = 1500;

export function useShortcuts() {
	const navigate = useNavigate();
	const session = useSession();
	const [open, setOpen] = useState<"palette" | "help" | null>(null);
	const wentAt = useRef(Number.NEGATIVE_INFINITY);
	useEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			if ((event.metaKey || event.ctrlKey) && event.key === "k") {
				event.preventDefault();
				setOpen("palette");
				return;
			}
			if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
			if (event.timeStamp - wentAt.current < MAX_PAUSE_MS) {
				const screen = screensOf(session).find(({ shortcut }) => shortcut === event.key);
				wentAt.current = Number.NEGATIVE_INFINITY;
				if (screen !== undefined) void navigate({ to: screen.path, search: keptBetweenScreens });
			} else if (event.key === "g") wentAt.current = event.timeStamp;
			else if (event.key === "/") {
				event.preventDefault();
				setOpen("palette");
			} else if (event.key === "?") setOpen("help");
		};
		document.addEventListener("keydown", onKey);
		return () => document.removeEventListener("keydown", onKey);
	}, [navigate, session]);
	const close = useCallback(() => setOpen(null), []);
	const openPalette = useCallback(() => setOpen("palette"), []);
	return { palette: open === "palette", help: open === "help", openPalette, close };
}

function isTyping(target: EventTarget | null): boolean {
	return (
		target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
	);
}
