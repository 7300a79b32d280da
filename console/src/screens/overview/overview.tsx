// What is spent, what is slow, what is broken: the first look of an admin.
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { Screen } from "~/ui/panel";

export function Overview() {
	const words = useWords(common);
	return <Screen title={words.overview}>{null}</Screen>;
}
