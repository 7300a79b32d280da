// Who pays for second copies: what the attempts of one request do to their team's hedge budget.
import type { TeamId } from "#core/ids";
import type { HedgeBudgets } from "./hedge-budget";

/** An attempt that may have a second copy, or is one. */
interface Copy {
	/** Its answer is the one that the caller gets. */
	readonly isCommitted: boolean;
}

/**
 * What the attempts of one request that might get a second copy do to their team's hedge budget: ordinary spending
 * earns money for copies, and a copy that was not used has cost some.
 */
export class HedgeCosts {
	readonly #budgets: HedgeBudgets;
	readonly #team: TeamId;
	/** Nano-dollars, by attempt that has ended; null until then. */
	readonly #costs = new Map<Copy, number | null>();
	/** Nano-dollars taken out of the budget for the second copy. */
	#taken = 0;

	constructor(budgets: HedgeBudgets, team: TeamId) {
		this.#budgets = budgets;
		this.#team = team;
	}

	/** A request that might get a second copy: what it costs is part of what copies may cost. */
	count(first: Copy): void {
		this.#budgets.request(this.#team);
		this.#costs.set(first, null);
	}

	/** Takes the money for a second copy that may cost `most` nano-dollars; false when that is too much. */
	take(most: number): boolean {
		if (!this.#budgets.take(this.#team, most)) return false;
		this.#taken = most;
		return true;
	}

	/** The second copy begins; null when there is none. It counts as any attempt when the first has ended by then. */
	copied(first: Copy, second: Copy | null): void {
		const cost = this.#costs.get(first) ?? null;
		if (second !== null) this.#costs.set(second, null);
		if (second !== null && cost === null) return;
		this.#giveBack(0);
		if (cost !== null) this.#budgets.spent(this.#team, cost);
	}

	/** An attempt has ended; `cost` in nano-dollars. */
	ended(attempt: Copy, cost: number): void {
		if (!this.#costs.has(attempt)) return;
		this.#costs.set(attempt, cost);
		if (this.#taken === 0) {
			this.#budgets.spent(this.#team, cost);
			return;
		}
		const [first, second] = [...this.#costs];
		if (first === undefined || second === undefined) return;
		// Once both copies have ended, the loser's cost is the budget's, and the winner's is ordinary spending.
		const [winner, loser] = second[0].isCommitted ? [second[1], first[1]] : [first[1], second[1]];
		if (winner === null || loser === null) return;
		this.#budgets.spent(this.#team, winner);
		this.#giveBack(loser);
	}

	#giveBack(spent: number): void {
		this.#budgets.giveBack(this.#team, this.#taken - spent);
		this.#taken = 0;
	}
}
