// Usage by kind, and the cost of each attempt: the lines add up to the total.
import type { WholeRequest } from "~/api/types";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { requestWords } from "~/screens/requests/words";
import { Table } from "~/ui/table";
import { Count, Money } from "~/ui/values";

export function RequestCost({ request }: { readonly request: WholeRequest }) {
	const words = useWords(requestWords);
	const shared = useWords(common);
	const { input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens } = request;
	const kinds = [
		[words.uncached, input_tokens - cached_input_tokens - cache_write_tokens],
		[words.cachedInput, cached_input_tokens],
		[words.cacheWrite, cache_write_tokens],
		[words.output, output_tokens],
		[words.reasoning, reasoning_tokens],
	] as const;
	const rows = [
		...kinds
			.filter(([, tokens]) => tokens > 0)
			.map(([kind, tokens]) => ({ id: kind, kind, amount: <Count value={tokens} />, cost: null })),
		...request.attempts.map(({ id, provider, model, cost }) => ({
			id,
			kind: words.costOf(`${provider ?? "?"}/${model ?? "?"}`),
			amount: null,
			cost: <Money usd={cost} />,
		})),
	];
	return (
		<>
			<Table
				caption={words.figures}
				rows={rows}
				rowKey={({ id }) => id}
				columns={[
					{ id: "kind", title: words.kind, cell: ({ kind }) => kind },
					{ id: "amount", title: words.amount, figure: true, cell: ({ amount }) => amount },
					{ id: "cost", title: shared.cost, figure: true, cell: ({ cost }) => cost },
				]}
				footer={{ kind: words.total, cost: <Money usd={request.cost} /> }}
			/>
			{request.estimated ? <p className="m-0 text-kumo-subtle">{words.estimatedWhy}</p> : null}
			{request.unpriced ? <p className="m-0 text-kumo-subtle">{words.unpriced}</p> : null}
		</>
	);
}
