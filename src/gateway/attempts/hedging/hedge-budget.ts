/** How many second copies of silent streams a team may have, and how much they may cost. */
import type { TeamId } from "#core/ids";
import { LruMap } from "#lib/lru-map";

/** A team may make one second copy for each 50 of its requests, and spend a fiftieth of their cost on copies. */
const ONE_IN = 50;
/** What quiet times may save up: requests, and nano-dollars. */
const MAX_SAVED_REQUESTS = 10 * ONE_IN;
const MAX_SAVED_NANO_USD = 1_000_000_000;
/** Teams that an isolate remembers. */
const MAX_TEAMS = 10_000;

interface Purse {
	/** Requests that no copy was made for. */
	requests: number;
	/** Nano-dollars. */
	money: number;
}

/**
 * What teams may spend on second copies: 2 % of their requests, and 2 % of what those cost, both of requests that might
 * be copied. Each isolate counts by itself, from nothing.
 */
export class HedgeBudgets {
	readonly #purses = new LruMap<Purse>(MAX_TEAMS);

	request(team: TeamId): void {
		const purse = this.#purse(team);
		purse.requests = Math.min(MAX_SAVED_REQUESTS, purse.requests + 1);
	}

	/** What an attempt cost whose answer was used, in nano-dollars. */
	spent(team: TeamId, cost: number): void {
		this.#earn(team, cost / ONE_IN);
	}

	/** Takes a copy that may cost `most`; false when that is too much. */
	take(team: TeamId, most: number): boolean {
		const purse = this.#purse(team);
		if (purse.requests < ONE_IN || purse.money < most) return false;
		purse.requests -= ONE_IN;
		purse.money -= most;
		return true;
	}

	/** What was taken for a copy and not spent on it. */
	giveBack(team: TeamId, money: number): void {
		this.#earn(team, money);
	}

	#earn(team: TeamId, money: number): void {
		const purse = this.#purse(team);
		purse.money = Math.min(MAX_SAVED_NANO_USD, purse.money + money);
	}

	#purse(team: TeamId): Purse {
		return this.#purses.getOr(team, () => ({ requests: 0, money: 0 }));
	}
}
