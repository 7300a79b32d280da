// A key's text, shown this once, with what to do with it.
import type { NewKey } from "~/api/types";
import { useWords } from "~/i18n/language";
import { UseIt } from "~/screens/keys/use-it";
import { keyWords } from "~/screens/keys/words";
import { Button } from "~/ui/button";
import { Snippet } from "~/ui/copy";
import { Dialog } from "~/ui/dialog";

interface Props {
	readonly made: NewKey;
	readonly onClose: () => void;
}

export function ShownOnce({ made, onClose }: Props) {
	const words = useWords(keyWords);
	return (
		<Dialog title={words.shown(made.name)} description={words.once} onClose={onClose}>
			<TextOnce made={made} onClose={onClose} />
		</Dialog>
	);
}

/** For a dialog that was a form before: it stays open, so that Escape still closes it at once. */
export function TextOnce({ made, onClose }: Props) {
	const words = useWords(keyWords);
	return (
		<div className="flex flex-col gap-5">
			<Snippet text={made.key} />
			<UseIt secret={made.key} models={made.models} />
			<div className="flex justify-end">
				<Button kind="primary" onClick={onClose}>
					{words.done}
				</Button>
			</div>
		</div>
	);
}
