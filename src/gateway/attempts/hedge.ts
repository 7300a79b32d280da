/** Second copies of streams that stay silent: when one is sent, where to, and who pays for it. */

import type { ChatRequest } from "#core/chat/chat";
import type { TeamId } from "#core/ids";
import type { Hedge } from "#core/routing/alias";
import type { Attempt } from "./attempt";
import type { Selection } from "./candidate-queue";
import type { HedgeBudgets } from "./hedge-budget";
import type { PreparedAttempt } from "./prepared-attempt";

/** Sooner no second copy is sent unless the alias says so, in milliseconds. */
const SOONEST_MS = 2_000;
/** The longest prompt that is sent twice, as its bound counts: in bytes, about four to a token. */
const LONGEST_PROMPT = 32_000;

/**
 * After how long without content a stream gets a second copy, in milliseconds; null for never: when the alias does not say
 * and nobody knows what is usual, when a copy would be dear or long, or when it would do something twice.
 */
export function hedgeDelay(
	hedge: Hedge,
	request: ChatRequest,
	first: PreparedAttempt,
	usual: number | null,
): number | null {
	if (!request.stream || hasEffects(request) || !isCheap(hedge, first)) return null;
	return hedge.afterMs ?? (usual === null ? null : Math.max(SOONEST_MS, usual));
}

/** Where a second copy may go: to another provider, if it is cheap there too. */
export function secondCopyOf(first: Attempt, hedge: Hedge): Selection {
	return { notAt: first.upstream.provider.name, suits: (prepared) => isCheap(hedge, prepared) };
}

/**
 * What the attempts of one request that might get a second copy do to their team's hedge budget: ordinary spending earns
 * money for copies, and a copy that was not used has cost some.
 */
export class HedgeCosts {
	readonly #budgets: HedgeBudgets;
	readonly #team: TeamId;
	/** Nano-dollars, by attempt that has ended; null until then. */
	readonly #costs = new Map<Attempt, number | null>();
	/** Nano-dollars taken out of the budget for the second copy. */
	#taken = 0;

	constructor(budgets: HedgeBudgets, team: TeamId) {
		this.#budgets = budgets;
		this.#team = team;
	}

	/** A request that might get a second copy: what it costs is part of what copies may cost. */
	count(first: Attempt): void {
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
	copied(first: Attempt, second: Attempt | null): void {
		const cost = this.#costs.get(first) ?? null;
		if (second !== null) this.#costs.set(second, null);
		if (second !== null && cost === null) return;
		this.#giveBack(0);
		if (cost !== null) this.#budgets.spent(this.#team, cost);
	}

	/** An attempt has ended and cost so many nano-dollars. */
	ended(attempt: Attempt, cost: number): void {
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

function isCheap({ mostHeld }: Hedge, { bound }: PreparedAttempt): boolean {
	return bound !== null && bound.amount <= mostHeld && bound.inputTokens <= LONGEST_PROMPT;
}

/** Whether the vendor would keep something, or use tools of its own. */
function hasEffects({ store, web_search_options, extensions, providerExtensions }: ChatRequest): boolean {
	const isPlain = Object.keys(extensions).length === 0 && Object.keys(providerExtensions).length === 0;
	return store === true || web_search_options !== undefined || !isPlain;
}
