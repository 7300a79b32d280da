// Until when a budget lasts, at the rate at which it was spent.
import { usedUpAt } from "~/api/budgets";
import type { TeamBudget } from "~/api/types";
import { comingTime } from "~/format/time";
import { defineWords, useLanguage, useWords } from "~/i18n/language";

const words = defineWords(
	{
		until: (time: string) => `at this rate until ${time}`,
		lasts: (time: string) => `at this rate it lasts until it resets on ${time}`,
		usedUp: (time: string) => `used up until it resets on ${time}`,
	},
	{
		until: (time) => `按此速度可用到${time}`,
		lasts: (time) => `按此速度足够用到${time}重置`,
		usedUp: (time) => `已用尽，${time}重置`,
	},
);

export function Lasting({ budget }: { readonly budget: TeamBudget["budgets"][number] }) {
	const text = useWords(words);
	const { language } = useLanguage();
	if (budget.resets_at === null) return null;
	const now = Date.now();
	const at = usedUpAt(budget, now);
	const reset = comingTime(Date.parse(budget.resets_at), now, language);
	const isOut = Number(budget.settled_usd) >= Number(budget.limit_usd);
	if (isOut) return <p className="m-0 text-kumo-danger">{text.usedUp(reset)}</p>;
	if (at === null) return null;
	if (at === "lasts") return <p className="m-0 text-kumo-subtle">{text.lasts(reset)}</p>;
	return <p className="m-0 text-kumo-warning">{text.until(comingTime(at, now, language))}</p>;
}
