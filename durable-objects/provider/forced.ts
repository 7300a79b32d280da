import type { CellPattern, ForceDecision } from "#core/health/circuits";
import type { CellRef } from "#core/health/health";

/** Whether a cell is among those that are meant. */
export function means(pattern: CellPattern, ref: CellRef): boolean {
	return (
		(pattern.credential === null || pattern.credential === ref.credential) &&
		(pattern.model === null || pattern.model === ref.model)
	);
}

/** The decision in force about a cell: of those that mean it and have not run out, the most particular one. */
export function decisionOn(ref: CellRef, decisions: Iterable<ForceDecision>, now: number): ForceDecision | null {
	let best: ForceDecision | null = null;
	for (const decision of decisions) {
		if (now >= decision.until || !means(decision.cells, ref)) continue;
		if (best === null || particularity(decision.cells) > particularity(best.cells)) best = decision;
	}
	return best;
}

function particularity({ credential, model }: CellPattern): number {
	return (model === null ? 0 : 2) + (credential === null ? 0 : 1);
}
