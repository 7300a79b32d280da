// When a key was last used, as exactly as the books know it: to the hour.
import { useWords } from "~/i18n/language";
import { keyWords } from "~/screens/keys/words";
import { Ago } from "~/ui/values";

const HOUR_MS = 3_600_000;

/** `at` is the start of the hour of the key's last request; null for never. */
export function LastUsed({ at }: { readonly at: string | null }) {
	const words = useWords(keyWords);
	if (at === null) return words.never;
	return Date.now() - Date.parse(at) < HOUR_MS ? words.lately : <Ago at={at} />;
}
