// Compares what a provider billed with what was recorded.
import type { DailyCost } from "./daily-cost";

/** What a provider says that a model cost on one day, against what was recorded. Nano-dollars. */
export interface ComparedCost {
	/** Start of the day in UTC, in milliseconds since the epoch. */
	readonly day: number;
	/** Empty for all models together, where the provider told none apart. */
	readonly model: string;
	readonly exported: number;
	readonly recorded: number;
}

/**
 * Puts side by side what was exported and what was recorded, by day and model. Vendors bill a dated snapshot of a model
 * that was asked for by its plain name, so dates at the end of names are passed over.
 */
export function compareCosts(exported: readonly DailyCost[], recorded: readonly DailyCost[]): ComparedCost[] {
	const together = new Set(exported.filter(({ model }) => model === "").map(({ day }) => day));
	const compared = new Map<string, ComparedCost>();
	const add = ({ day, model }: DailyCost, costs: { exported: number; recorded: number }): void => {
		const name = together.has(day) ? "" : plainName(model);
		const before = compared.get(`${day} ${name}`) ?? { day, model: name, exported: 0, recorded: 0 };
		compared.set(`${day} ${name}`, {
			...before,
			exported: before.exported + costs.exported,
			recorded: before.recorded + costs.recorded,
		});
	};
	for (const line of exported) add(line, { exported: line.cost, recorded: 0 });
	for (const line of recorded) add(line, { exported: 0, recorded: line.cost });
	return [...compared.values()].sort((a, b) => a.day - b.day || (a.model < b.model ? -1 : 1));
}

function plainName(model: string): string {
	return model.replace(/-\d{4}-?\d\d-?\d\d$/, "");
}
