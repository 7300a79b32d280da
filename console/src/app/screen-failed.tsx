// A screen that cannot be shown: its file is missing, or it failed on what it was given. The frame around it stays.
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { Button } from "~/ui/button";

export function ScreenFailed() {
	const words = useWords(common);
	return (
		<div role="alert" className="flex flex-col items-start gap-2 rounded-lg border border-kumo-line bg-kumo-base p-4">
			<p className="m-0 font-medium">{words.screenFailed}</p>
			<p className="m-0 text-kumo-subtle">{words.screenFailedWhy}</p>
			<Button onClick={() => location.reload()}>{words.loadAgain}</Button>
		</div>
	);
}
