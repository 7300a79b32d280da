// Admins' decisions about cells, and which of them applies.
import type { CellPattern, ForceDecision } from "#core/health/circuits";
import type { CellRef } from "#core/health/health";

/** Whether a pattern covers a cell. */
export function covers(pattern: CellPattern, ref: CellRef): boolean {
	return (
		(pattern.credential === null || pattern.credential === ref.credential) &&
		(pattern.model === null || pattern.model === ref.model)
	);
}

/** The decision in force about a cell: of those that cover it and have not run out, the most particular one. */
export function decisionOn(ref: CellRef, decisions: Iterable<ForceDecision>, now: number): ForceDecision | null {
	let best: ForceDecision | null = null;
	for (const decision of decisions) {
		if (now >= decision.until || !covers(decision.cells, ref)) continue;
		if (best === null || particularity(decision.cells) > particularity(best.cells)) best = decision;
	}
	return best;
}

function particularity({ credential, model }: CellPattern): number {
	return (model === null ? 0 : 2) + (credential === null ? 0 : 1);
}
