// The heading of a screen, and a part of it with a heading of its own.
import { type ReactNode, useEffect, useId } from "react";

export function Screen({
	title,
	actions,
	children,
}: {
	readonly title: string;
	readonly actions?: ReactNode;
	readonly children: ReactNode;
}) {
	useEffect(() => {
		document.title = `${title} · Tollgate`;
	}, [title]);
	return (
		<div className="mx-auto flex w-full max-w-[90rem] flex-col gap-5">
			<header className="flex flex-wrap items-center justify-between gap-3">
				<h1 className="m-0 font-semibold text-xl">{title}</h1>
				<div className="flex flex-wrap items-center gap-2">{actions}</div>
			</header>
			{children}
		</div>
	);
}

export function Panel({
	title,
	actions,
	children,
}: {
	readonly title: string;
	readonly actions?: ReactNode;
	readonly children: ReactNode;
}) {
	const id = useId();
	return (
		<section aria-labelledby={id} className="flex flex-col gap-2">
			<header className="flex flex-wrap items-center justify-between gap-2">
				<h2 id={id} className="m-0 font-medium text-sm">
					{title}
				</h2>
				{actions}
			</header>
			{children}
		</section>
	);
}
