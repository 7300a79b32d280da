// Dialogs, and the sheet at the side.
import { Dialog as Base } from "@cloudflare/kumo/primitives/dialog";
import { XIcon } from "@phosphor-icons/react/X";
import { type ReactNode, useEffect, useState } from "react";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { IconButton } from "~/ui/button";

const SHAPES = {
	dialog:
		"fixed left-1/2 top-[10vh] max-h-[80vh] w-[min(36rem,calc(100vw-2rem))] -translate-x-1/2 overflow-auto rounded-lg",
	sheet: "fixed inset-y-0 right-0 w-[min(52rem,100vw)] overflow-auto border-l",
} as const;

interface DialogProps {
	readonly title: string;
	readonly description?: ReactNode | undefined;
	readonly shape?: keyof typeof SHAPES;
	readonly onClose: () => void;
	readonly children: ReactNode;
}

/** Open while it is rendered. Escape and a click outside close it, and the focus goes back to where it was. */
export function Dialog({ title, description, shape = "dialog", onClose, children }: DialogProps) {
	const words = useWords(common);
	const [opener] = useState(() => document.activeElement);
	// The dialog goes with what renders it, before its own way of giving the focus back is asked.
	useEffect(
		() => () => {
			if (opener instanceof HTMLElement) setTimeout(() => opener.focus());
		},
		[opener],
	);
	return (
		<Base.Root open onOpenChange={(open) => !open && onClose()}>
			<Base.Portal>
				<Base.Backdrop className="fixed inset-0 z-40 bg-black/40" />
				<Base.Popup
					className={`${SHAPES[shape]} z-50 border-kumo-line bg-kumo-base p-5 text-kumo-default shadow-xl outline-none`}
				>
					<header className="mb-4 flex items-start justify-between gap-4">
						<div className="min-w-0">
							<Base.Title className="m-0 break-words font-semibold text-base">{title}</Base.Title>
							{description === undefined ? null : (
								<Base.Description className="mt-1 text-kumo-subtle">{description}</Base.Description>
							)}
						</div>
						<IconButton label={words.close} icon={<XIcon size={16} />} onClick={onClose} />
					</header>
					{children}
				</Base.Popup>
			</Base.Portal>
		</Base.Root>
	);
}
