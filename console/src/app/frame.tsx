// The frame around every screen: the rail, the top bar, and the way to the content by keyboard.
import { ListIcon } from "@phosphor-icons/react/List";
import { MagnifyingGlassIcon } from "@phosphor-icons/react/MagnifyingGlass";
import { Link, Navigate, Outlet, useRouterState } from "@tanstack/react-router";
import { useState } from "react";
import { useSession } from "~/api/session";
import { AccountMenu } from "~/app/account-menu";
import { CommandPalette } from "~/app/command-palette";
import { frameWords } from "~/app/frame-words";
import { SCREENS, screensOf } from "~/app/screens";
import { useShortcuts } from "~/app/shortcuts";
import { keptBetweenScreens, TeamSwitch } from "~/app/team-switch";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { Button, IconButton } from "~/ui/button";
import { Dialog } from "~/ui/dialog";
import { Empty } from "~/ui/states";

const ENVIRONMENT_CLASS = {
	production: "border-kumo-line text-kumo-subtle",
	local: "border-kumo-warning text-kumo-warning",
} as const;

export function Frame() {
	const words = useWords(common);
	const frame = useWords(frameWords);
	const { environment } = useSession();
	// On a narrow screen the rail is opened over one screen, and closed by going to another.
	const [railOpenAt, setRailOpenAt] = useState<string | null>(null);
	const { palette, help, openPalette, close } = useShortcuts();
	const path = useRouterState({ select: (state) => state.location.pathname });
	const railOpen = railOpenAt === path;
	return (
		<div className="flex min-h-screen">
			<a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-kumo-base focus:p-2">
				{words.skipToContent}
			</a>
			<Rail open={railOpen} />
			<div className="flex min-w-0 flex-1 flex-col">
				<header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-kumo-line border-b bg-kumo-base px-4">
					<span className="md:hidden">
						<IconButton
							label={frame.navigation}
							icon={<ListIcon size={18} />}
							aria-expanded={railOpen}
							onClick={() => setRailOpenAt(railOpen ? null : path)}
						/>
					</span>
					<Button icon={<MagnifyingGlassIcon size={14} />} onClick={openPalette}>
						{frame.search}
					</Button>
					<span className="flex-1" />
					<span className="max-md:hidden">
						<TeamSwitch />
					</span>
					<span
						className={`whitespace-nowrap rounded-full border px-2 py-0.5 text-[11px] ${ENVIRONMENT_CLASS[environment]}`}
					>
						{frame.environments[environment]}
					</span>
					<AccountMenu />
				</header>
				<main id="content" tabIndex={-1} className="min-w-0 flex-1 p-4 outline-none md:p-6">
					<Admitted path={path} />
				</main>
			</div>
			{palette ? <CommandPalette onClose={close} /> : null}
			{help ? <Help onClose={close} /> : null}
		</div>
	);
}

/** The screen of this address, where the role has it. A role without an overview begins at its first screen. */
function Admitted({ path }: { readonly path: string }) {
	const words = useWords(common);
	const mine = screensOf(useSession());
	const screen = SCREENS.find((entry) => entry.path === path);
	if (screen === undefined || mine.includes(screen)) return <Outlet />;
	if (path === "/" && mine[0] !== undefined) return <Navigate to={mine[0].path} replace />;
	return <Empty title={words.forbidden}>{words.forbiddenWhy}</Empty>;
}

function Rail({ open }: { readonly open: boolean }) {
	const words = useWords(common);
	const frame = useWords(frameWords);
	const groups = Map.groupBy(screensOf(useSession()), ({ group }) => group);
	return (
		<nav
			aria-label={frame.navigation}
			className={`w-52 shrink-0 border-kumo-line border-r bg-kumo-elevated p-3 max-md:fixed max-md:inset-y-0 max-md:top-12 max-md:z-40 ${open ? "" : "max-md:hidden"}`}
		>
			<p className="m-0 px-2 pb-3 font-semibold text-sm max-md:hidden">{words.product}</p>
			<div className="mb-3 md:hidden">
				<TeamSwitch />
			</div>
			{[...groups].map(([group, entries]) => (
				<ul key={group} className="m-0 mb-4 list-none p-0">
					{entries.map(({ path, word }) => (
						<li key={path}>
							<Link
								to={path}
								search={keptBetweenScreens}
								activeOptions={{ exact: path === "/", includeSearch: false }}
								className="flex h-8 items-center gap-2 rounded-md px-2 text-kumo-default no-underline hover:bg-kumo-tint aria-[current=page]:bg-kumo-fill aria-[current=page]:font-medium"
							>
								{words[word]}
							</Link>
						</li>
					))}
				</ul>
			))}
		</nav>
	);
}

/** The list of keys, as `?` shows it. */
function Help({ onClose }: { readonly onClose: () => void }) {
	const words = useWords(common);
	const frame = useWords(frameWords);
	const keys: readonly (readonly [string, string])[] = [
		["/", frame.keys.search],
		["?", frame.keys.help],
		["Esc", frame.keys.close],
		...screensOf(useSession()).map(({ shortcut, word }) => [`g ${shortcut}`, words[word]] as const),
	];
	return (
		<Dialog title={frame.keys.title} onClose={onClose}>
			<dl className="m-0 grid grid-cols-[auto_1fr] gap-x-4 gap-y-2">
				{keys.map(([key, meaning]) => (
					<div key={key} className="contents">
						<dt>
							<kbd className="rounded border border-kumo-line bg-kumo-recessed px-1.5 font-mono">{key}</kbd>
						</dt>
						<dd className="m-0">{meaning}</dd>
					</div>
				))}
			</dl>
		</Dialog>
	);
}
