// What one isolate knows of one provider's health, its own latest failures laid over the object's last word.
import {
	type CellHealth,
	type CellRef,
	isSameCell,
	type Outcome,
	type ProviderHealth,
	UNKNOWN_LATENCY,
} from "#core/health/health";
import { verdictsOf } from "#core/health/outcome-table";

/** How long a failure of this isolate weighs before its report is answered, in milliseconds. */
const FRESH_MS = 2_000;

/**
 * What an isolate knows of one provider: the last word of its object, and the isolate's own failures that the object
 * has not answered for yet.
 */
export class KnownHealth {
	#reported: ProviderHealth | null = null;
	#heardAt = Number.NEGATIVE_INFINITY;
	#failures: readonly { readonly outcome: Outcome; readonly until: number }[] = [];

	/** How long ago the object was heard, in milliseconds; infinite when it never was. */
	age(now: number): number {
		return now - this.#heardAt;
	}

	/**
	 * Takes the object's answer, which includes the outcomes `learnt`. An older answer that arrives late changes nothing.
	 */
	hear(reported: ProviderHealth, learnt: readonly Outcome[], now: number): void {
		this.#failures = this.#failures.filter(({ outcome }) => !learnt.includes(outcome));
		if (this.#reported !== null && reported.at < this.#reported.at) return;
		this.#reported = reported;
		this.#heardAt = now;
	}

	/** Lets a failure weigh at once. */
	fail(outcome: Outcome, now: number): void {
		this.#failures = [...this.#failures, { outcome, until: now + FRESH_MS }];
	}

	/** What is known now, unless the object was heard longer ago than `oldestMs`; null when nothing is. */
	at(now: number, oldestMs: number): ProviderHealth | null {
		const reported = this.age(now) < oldestMs ? this.#reported : null;
		if (this.#failures.length === 0) return reported;
		this.#failures = this.#failures.filter(({ until }) => now < until);
		return this.#failures.reduce<ProviderHealth | null>(
			(health, { outcome }) => avoiding(health, outcome, now),
			reported,
		);
	}
}

/** Health under which the cells that an outcome blames are avoided where there is another way. */
function avoiding(health: ProviderHealth | null, outcome: Outcome, now: number): ProviderHealth {
	const { provider, credential, model } = verdictsOf(outcome);
	const blamed: CellRef[] = [
		...(isBad(provider) ? [{ credential: null, model: null }] : []),
		...(isBad(credential) ? [{ credential: outcome.credential, model: null }] : []),
		...(isBad(model) ? [{ credential: outcome.credential, model: outcome.model }] : []),
	];
	const cells = health?.cells ?? [];
	const isBlamed = ({ ref }: CellHealth) => blamed.some((one) => isSameCell(one, ref));
	const unknown = blamed.filter((ref) => !cells.some((cell) => isSameCell(cell.ref, ref)));
	return {
		at: health?.at ?? now,
		cells: [
			...cells.map((cell) => (isBlamed(cell) && cell.forced === null ? { ...cell, shed: 1 } : cell)),
			...unknown.map((ref) => ({ ...UNKNOWN, ref, shed: 1 })),
		],
	};
}

function isBad(verdict: ReturnType<typeof verdictsOf>["model"]): boolean {
	return verdict !== "none" && verdict !== "ok";
}

const UNKNOWN: Omit<CellHealth, "ref" | "shed"> = {
	state: "closed",
	forced: null,
	reason: "",
	until: null,
	share: 1,
	successRate: null,
	latency: UNKNOWN_LATENCY,
	cachedShare: null,
};
