// An address that no screen has.
import { Link } from "@tanstack/react-router";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { Empty } from "~/ui/states";

export function PageMissing() {
	const words = useWords(common);
	return <Empty title={words.pageMissing} action={<Link to="/">{words.backToOverview}</Link>} />;
}
