// Counts refused requests beyond a rate, in place of a row for each.
import type { RequestRecord } from "#core/usage/request-record";
import { UsageTally } from "#core/usage/usage-count";
import type { UsageCount } from "#core/usage/usage-entry";
import { rowOf } from "./usage-entries";

/** How many refused requests are logged at once; after that one more per `PERIOD_MS` milliseconds. */
const AT_ONCE = 60;
const PERIOD_MS = 1_000;

/**
 * Keeps a flood of refusals from filling the log. A request that was refused before any provider was asked costs
 * nothing, so beyond a rate such requests are only counted, by the hour and by how they failed. A crash loses the
 * counts not yet written.
 */
export class RefusalCounter {
	#level = 0;
	#at = 0;
	#tally = new UsageTally();

	/** Whether the request was counted here, so that it must not be logged too. */
	isCounted(request: RequestRecord, now: number): boolean {
		if (request.attempts.length > 0 || request.status < 400) return false;
		this.#level = Math.max(0, this.#level - (now - this.#at) / PERIOD_MS);
		this.#at = now;
		if (this.#level + 1 <= AT_ONCE) {
			this.#level++;
			return false;
		}
		// Without what callers choose, so that there are few kinds.
		this.#tally.add({ ...rowOf(request, new Map()), app: null, provider: null, model: null });
		return true;
	}

	/** What was counted since the last `reset`. */
	get counted(): readonly UsageCount[] {
		return this.#tally.counts;
	}

	/** To be called once the counts are stored. */
	reset(): void {
		this.#tally = new UsageTally();
	}
}
