/**
 * Where the price list says something else of a model than the catalog, whose own figures were looked up at the vendor
 * and are kept; `src/catalog/differences.json` has the reason for each.
 */
import type { PriceLine } from "../src/catalog/price-line";

type LinePrice = PriceLine["prices"][number];

/** A model of the catalog as far as it can be compared. */
interface ComparedModel {
	readonly provider: string;
	readonly id: string;
	readonly aliases?: readonly string[];
	readonly context?: number | null;
	readonly prices: readonly LinePrice[];
	readonly rules?: { readonly long_prompt?: NonNullable<PriceLine["long"]> };
}

interface Difference {
	/** As `provider/id`. */
	readonly model: string;
	/** Such as `input 0.15 here, 0.22 there`. */
	readonly differs: readonly string[];
}

/** Contexts are published rounded: how much they may differ by, as a share. */
const CONTEXT_TOLERANCE = 0.06;
/** The lists put a long prompt's threshold a token apart. */
const THRESHOLD_TOLERANCE = 1;

/** `date`, an ISO date, decides which prices are compared: those in force then. */
export function differencesFrom(
	catalog: readonly ComparedModel[],
	list: ReadonlyMap<string, readonly PriceLine[]>,
	date: string,
): Difference[] {
	return catalog.flatMap((model) => {
		const line = list.get(model.provider)?.find(({ id }) => id === model.id);
		const differs = line === undefined ? [] : compare(model, line, date);
		return differs.length === 0 ? [] : [{ model: `${model.provider}/${model.id}`, differs }];
	});
}

function compare(model: ComparedModel, line: PriceLine, date: string): string[] {
	const ours = inForce(model.prices, date);
	const theirs = inForce(line.prices, date);
	const pairs: [string, number, number][] = (
		["input", "cache_read", "cache_write", "cache_write_hour", "output"] as const
	).map((field) => [field, ours[field], theirs[field]]);
	const [long, there] = [model.rules?.long_prompt, line.long];
	pairs.push(["long prompt's input", long?.input_factor ?? 1, there?.input_factor ?? 1]);
	pairs.push(["long prompt's output", long?.output_factor ?? 1, there?.output_factor ?? 1]);
	const found = pairs.filter(([, a, b]) => Math.abs(a - b) > 1e-9);
	if (long !== undefined && there !== null && Math.abs(long.above - there.above) > THRESHOLD_TOLERANCE)
		found.push(["long prompt above", long.above, there.above]);
	const { context } = model;
	if (context != null && line.context !== null && Math.abs(context - line.context) > CONTEXT_TOLERANCE * context)
		found.push(["context", context, line.context]);
	return found.map(([what, here, else_]) => `${what} ${here} here, ${else_} there`);
}

/** With the prices that a vendor does not name filled in as they are charged. */
function inForce(prices: readonly LinePrice[], date: string): Required<Omit<LinePrice, "from">> {
	const price = prices.findLast(({ from }) => from === undefined || from <= date) ?? { input: -1, output: -1 };
	const { input, output, cache_read: read = input, cache_write: write = input, cache_write_hour: hour = write } = price;
	return { input, output, cache_read: read, cache_write: write, cache_write_hour: hour };
}
