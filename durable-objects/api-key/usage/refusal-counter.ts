import type { RequestRecord } from "#core/usage/request-record";
import { UsageTally } from "#core/usage/usage-count";
import type { UsageCount } from "#core/usage/usage-entry";
import { rowOf } from "./usage-entries";

/** So many refused requests may be written down at once, and then one more in each period of milliseconds. */
const AT_ONCE = 60;
const PERIOD_MS = 1_000;

/**
 * Keeps a flood of refusals from filling the books. Requests that were refused before anybody was asked cost nothing, so
 * beyond a rate they are only counted, by the hour and by how they failed. What a crash loses of the counts is lost.
 */
export class RefusalCounter {
	#level = 0;
	#at = 0;
	#tally = new UsageTally();

	/** Whether the request is counted here, and needs not be written down. */
	fold(request: RequestRecord, now: number): boolean {
		if (request.attempts.length > 0 || request.status < 400) return false;
		this.#level = Math.max(0, this.#level - (now - this.#at) / PERIOD_MS);
		this.#at = now;
		if (this.#level + 1 <= AT_ONCE) {
			this.#level++;
			return false;
		}
		// Without what the caller makes up, so that there are few kinds.
		this.#tally.add({ ...rowOf(request, new Map()), app: null, provider: null, model: null });
		return true;
	}

	/** What was counted since it was last forgotten. */
	get counted(): readonly UsageCount[] {
		return this.#tally.counts;
	}

	/** To be called when it is written down. */
	forget(): void {
		this.#tally = new UsageTally();
	}
}
