// The cells of a provider in memory, which of them are not stored yet, and the interface of their store.
import type { ForceDecision } from "#core/health/circuits";
import type { CellRef } from "#core/health/health";
import type { CircuitTransition } from "#core/usage/history";
import { type Cell, newCell } from "./cell";
import { type Latency, noLatency } from "./latency";

/** A cell with all that is known of it. */
export interface KnownCell {
	readonly ref: CellRef;
	readonly cell: Cell;
	readonly latency: Latency;
	/** When an outcome last changed it, in milliseconds since the epoch. */
	readonly usedAt: number;
}

export interface StoredCircuits {
	readonly cells: readonly KnownCell[];
	readonly decisions: readonly ForceDecision[];
	/** The latest time that was seen, in milliseconds since the epoch. */
	readonly lastNow: number;
}

export interface CircuitChange {
	/** Replace what is stored under their references. */
	readonly cells: readonly KnownCell[];
	readonly forgotten: readonly CellRef[];
	/** All that there are; null when they did not change. */
	readonly decisions: readonly ForceDecision[] | null;
	readonly lastNow: number;
	/** Go into D1's history. */
	readonly transitions: readonly CircuitTransition[];
}

/** Where a provider's object keeps its cells across restarts; synchronous. */
export interface CircuitStore {
	load(): StoredCircuits;
	/** All or nothing. */
	write(change: CircuitChange): void;
}

export function unknownCell(ref: CellRef, now: number): KnownCell {
	return { ref, cell: newCell(now), latency: noLatency(now), usedAt: now };
}

/** The cells in memory, and which of them the store does not have yet. */
export class KnownCells {
	readonly #byKey: Map<string, KnownCell>;
	readonly #unwritten = new Set<string>();

	constructor(cells: readonly KnownCell[]) {
		this.#byKey = new Map(cells.map((known) => [keyOf(known.ref), known]));
	}

	get isWritten(): boolean {
		return this.#unwritten.size === 0;
	}

	all(): KnownCell[] {
		return [...this.#byKey.values()];
	}

	has(ref: CellRef): boolean {
		return this.#byKey.has(keyOf(ref));
	}

	get(ref: CellRef, now: number): KnownCell {
		return this.#byKey.get(keyOf(ref)) ?? unknownCell(ref, now);
	}

	put(known: KnownCell): void {
		const key = keyOf(known.ref);
		this.#byKey.set(key, known);
		this.#unwritten.add(key);
	}

	forget(ref: CellRef): void {
		this.#byKey.delete(keyOf(ref));
		this.#unwritten.delete(keyOf(ref));
	}

	unwritten(): KnownCell[] {
		return this.all().filter(({ ref }) => this.#unwritten.has(keyOf(ref)));
	}

	/** To be called when the store has all cells. */
	written(): void {
		this.#unwritten.clear();
	}
}

/** Neither part contains a line break. */
function keyOf({ credential, model }: CellRef): string {
	return `${credential ?? ""}\n${model ?? ""}`;
}
