// What the books were found to be, and vendors' cost exports beside them, as the admin API shows it.
import * as v from "valibot";
import type { ComparedCost } from "#metering/cost-comparison";
import { signedUsdString } from "#metering/money";
import type { CostImport } from "#store/usage/cost-imports";
import type { ListedReconciliation } from "#store/usage/reconciliations";
import { instant } from "./instant";
import { Dollars, Instant, type Shown } from "./shown";

export const ReconciliationView = v.object({
	id: v.string(),
	object: v.literal("reconciliation"),
	of: v.pipe(v.string(), v.description("`key/…`, `team/…` or `provider/…`")),
	at: Instant,
	differs: v.boolean(),
	entries: v.object({ confirmed: v.number(), in_database: v.number() }),
	cost_usd: v.object({ confirmed: Dollars, in_database: Dollars, rolled_up: Dollars }),
	recent_cost_usd: v.object({ logged: Dollars, rolled_up: Dollars }),
	pending: v.number(),
	unproven_usd: Dollars,
	implausible: v.number(),
	possible_overrun_usd: Dollars,
});

export const ImportView = v.object({
	id: v.string(),
	object: v.literal("cost_import"),
	provider: v.string(),
	format: v.string(),
	at: Instant,
});

const Compared = { exported_usd: Dollars, recorded_usd: Dollars, difference_usd: Dollars };

export const ComparisonView = v.object({
	...ImportView.entries,
	...Compared,
	data: v.array(v.object({ day: v.pipe(v.string(), v.isoDate()), model: v.nullable(v.string()), ...Compared })),
});

export function renderReconciliation(looked: ListedReconciliation): Shown<typeof ReconciliationView> {
	return {
		id: looked.id,
		object: "reconciliation",
		of: looked.object,
		at: instant(looked.at),
		differs: looked.differs,
		entries: { confirmed: looked.toldEntries, in_database: looked.markedEntries },
		cost_usd: {
			confirmed: signedUsdString(looked.toldCost),
			in_database: signedUsdString(looked.markedCost),
			rolled_up: signedUsdString(looked.rolledCost),
		},
		recent_cost_usd: {
			logged: signedUsdString(looked.loggedRecentCost),
			rolled_up: signedUsdString(looked.rolledRecentCost),
		},
		pending: looked.pending,
		unproven_usd: signedUsdString(looked.unproven),
		implausible: looked.implausible,
		possible_overrun_usd: signedUsdString(looked.possibleOverrun),
	};
}

export function renderImport({ id, provider, format, at }: CostImport): Shown<typeof ImportView> {
	return { id, object: "cost_import", provider, format, at: instant(at) };
}

/** An export beside what was recorded, in sum and by day and model. */
export function renderComparison(one: CostImport, days: readonly ComparedCost[]): Shown<typeof ComparisonView> {
	const total = days.reduce(
		(sum, day) => ({ exported: sum.exported + day.exported, recorded: sum.recorded + day.recorded }),
		{ exported: 0, recorded: 0 },
	);
	return {
		...renderImport(one),
		...amounts(total),
		data: days.map((day) => ({ day: instant(day.day).slice(0, 10), model: day.model || null, ...amounts(day) })),
	};
}

function amounts({ exported, recorded }: Pick<ComparedCost, "exported" | "recorded">) {
	return {
		exported_usd: signedUsdString(exported),
		recorded_usd: signedUsdString(recorded),
		difference_usd: signedUsdString(exported - recorded),
	};
}
