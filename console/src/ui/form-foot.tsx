// How a form in a dialog ends: what was wrong with the last try, the way out, and the one act.
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { Button } from "~/ui/button";
import { ToldAlert } from "~/ui/told";

interface FormFootProps {
	/** Says what submitting does. */
	readonly action: string;
	readonly kind?: "primary" | "danger";
	/** The last try. */
	readonly attempt: { readonly error: Error | null; readonly isPending: boolean };
	readonly onCancel: () => void;
}

export function FormFoot({ action, kind = "primary", attempt, onCancel }: FormFootProps) {
	const words = useWords(common);
	return (
		<>
			<ToldAlert error={attempt.error} />
			<div className="flex justify-end gap-2">
				<Button onClick={onCancel}>{words.cancel}</Button>
				<Button kind={kind} type="submit" busy={attempt.isPending}>
					{action}
				</Button>
			</div>
		</>
	);
}
