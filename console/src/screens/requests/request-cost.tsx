// What a request cost, attempt by attempt: what was used, times its price, line by line, down to the total.
import type { WholeRequest } from "~/api/types";
import { count } from "~/format/numbers";
import { common } from "~/i18n/common";
import { useLanguage, useWords } from "~/i18n/language";
import { requestWords } from "~/screens/requests/words";
import { Table } from "~/ui/table";
import { Money } from "~/ui/values";

type Attempt = WholeRequest["attempts"][number];

interface Row {
	readonly id: string;
	readonly kind: string;
	readonly amount: string;
	readonly price: string;
	/** As it is shown; exact in lines, of which the sum alone is rounded. */
	readonly cost: string | null;
	readonly sum?: string;
}

export function RequestCost({ request }: { readonly request: WholeRequest }) {
	const words = useWords(requestWords);
	const shared = useWords(common);
	const rowsOf = useRows();
	const rows = request.attempts.flatMap((attempt) => rowsOf(attempt, request.attempts.length > 1));
	const unexplained = request.attempts.some(
		({ usage, price_lines, cost, unpriced }) =>
			usage !== null && price_lines === null && Number(cost) !== 0 && !unpriced,
	);
	if (rows.length === 0) return <p className="m-0 text-kumo-subtle">{words.costsNothing}</p>;
	return (
		<>
			<Table
				caption={words.figures}
				rows={rows}
				rowKey={({ id }) => id}
				columns={[
					{
						id: "kind",
						title: words.kind,
						wraps: true,
						cell: ({ kind, sum }) => (sum === undefined ? kind : <b>{kind}</b>),
					},
					{ id: "amount", title: words.amount, figure: true, cell: ({ amount }) => amount },
					{ id: "price", title: words.perMillion, figure: true, cell: ({ price }) => price },
					{
						id: "cost",
						title: shared.cost,
						figure: true,
						cell: ({ cost, sum }) => (sum === undefined ? cost : <Money usd={sum} />),
					},
				]}
				footer={{ kind: words.total, cost: <Money usd={request.cost} /> }}
			/>
			<p className="m-0 text-kumo-subtle">{unexplained ? words.unexplained : words.roundedUp}</p>
			{Number(request.cache_discount) === 0 ? null : (
				<p className="m-0 text-kumo-subtle">
					{words.saved} <Money usd={request.cache_discount} />
				</p>
			)}
			{request.estimated ? <p className="m-0 text-kumo-subtle">{words.estimatedWhy}</p> : null}
			{request.unpriced ? <p className="m-0 text-kumo-subtle">{words.unpriced}</p> : null}
		</>
	);
}

function useRows() {
	const words = useWords(requestWords);
	const { language } = useLanguage();
	return (attempt: Attempt, several: boolean): readonly Row[] => {
		const { id, provider, model, usage, price_lines, cost } = attempt;
		const reasoning = usage?.reasoning ?? 0;
		const row = (kind: string, amount: number, more: Partial<Row> = {}): Row => ({
			...{ id: `${id}/${kind}`, kind, amount: count(amount, language), price: "", cost: null, ...more },
		});
		const lines =
			price_lines?.map(({ kind, amount, usd_per_million, factor, cost: exact }) =>
				row(words.kinds[kind], amount, {
					price: factor === "1" ? `× $${usd_per_million}` : `× $${usd_per_million} × ${factor}`,
					cost: `$${exact}`,
				}),
			) ?? unpriced(usage, words.kinds).map(([kind, amount]) => row(kind, amount));
		const all = reasoning === 0 ? lines : [...lines, row(words.reasoning, reasoning)];
		if (!several && price_lines !== null) return all;
		return [
			...all,
			{ id, kind: words.costOf(`${provider ?? "?"}/${model ?? "?"}`), amount: "", price: "", cost: "", sum: cost },
		];
	};
}

type Kinds = (typeof requestWords)["en"]["kinds"];

/** What was used, where no price explains what it cost. */
function unpriced(usage: Attempt["usage"], kinds: Kinds): readonly (readonly [kind: string, amount: number])[] {
	if (usage === null) return [];
	const { uncached_input, cache_read, cache_write, cache_write_hour, output, billed_units = {} } = usage;
	const names: Readonly<Record<string, string>> = kinds;
	const all = [
		[kinds.input, uncached_input],
		[kinds.cache_read, cache_read],
		[kinds.cache_write, cache_write],
		[kinds.cache_write_hour, cache_write_hour],
		[kinds.output, output],
		...Object.entries(billed_units).map(([unit, amount]) => [names[unit] ?? unit, amount] as const),
	] as const;
	return all.filter(([, amount]) => amount > 0);
}
