// A budget as a bar: settled | held | lent | unproven | free, each with its amount in words.
import { money } from "~/format/money";
import { defineWords, useLanguage, useWords } from "~/i18n/language";

const words = defineWords(
	{
		settled: "settled",
		held: "held",
		lent: "lent to keys",
		unproven: "unproven",
		free: "free",
		overrun: "overrun",
		of: (limit: string) => `of ${limit}`,
	},
	{
		settled: "已结算",
		held: "预留中",
		lent: "已分配",
		unproven: "待核实",
		free: "剩余",
		overrun: "超支",
		of: (limit) => `共 ${limit}`,
	},
);

/** Amounts in USD, as the API tells them; what a kind of budget does not have is left out. */
export interface BudgetAmounts {
	readonly limit: number;
	readonly settled: number;
	readonly held?: number;
	readonly lent?: number;
	readonly unproven?: number;
	readonly overrun?: number;
}

const PARTS = ["settled", "held", "lent", "unproven"] as const;

interface Props {
	readonly name: string;
	/** Which requests it counts, where it does not count all. */
	readonly narrowing?: string | null;
	readonly amounts: BudgetAmounts;
}

export function BudgetBar({ name, narrowing = null, amounts }: Props) {
	const { language } = useLanguage();
	const text = useWords(words);
	const used = PARTS.reduce((sum, part) => sum + (amounts[part] ?? 0), 0);
	const whole = Math.max(amounts.limit, used, Number.MIN_VALUE);
	const told = PARTS.filter((part) => (amounts[part] ?? 0) > 0).map(
		(part) => `${money(amounts[part] ?? 0, language)} ${text[part]}`,
	);
	const free = amounts.limit - used;
	told.push(free >= 0 ? `${money(free, language)} ${text.free}` : `${money(-free, language)} ${text.overrun}`);
	return (
		<div className="flex flex-col gap-1">
			<div className="flex justify-between gap-4">
				<span className="truncate">{name}</span>
				<span className="figures text-kumo-subtle">{text.of(money(amounts.limit, language))}</span>
			</div>
			<div className="flex h-2 overflow-hidden rounded-full bg-kumo-fill" aria-hidden="true">
				{PARTS.map((part) => (
					<span
						key={part}
						style={{ width: `${((amounts[part] ?? 0) / whole) * 100}%`, background: `var(--budget-${part})` }}
					/>
				))}
			</div>
			<p className="figures m-0 text-kumo-subtle">{told.join(" · ")}</p>
			{narrowing === null ? null : <p className="m-0 break-words text-kumo-subtle">{narrowing}</p>}
		</div>
	);
}
