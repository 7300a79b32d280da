// What became of each circuit over a day, as stretches of one state.
import type { Circuit, CircuitTransition } from "~/api/types";

export interface Stretch {
	/** Milliseconds since the epoch. */
	readonly from: number;
	readonly to: number;
	readonly state: string;
	/** Why it began; null where that was before. */
	readonly reason: string | null;
}

export interface TimelineRow {
	readonly credential: string | null;
	readonly model: string | null;
	readonly stretches: readonly Stretch[];
}

/** A row for each cell that is known or changed; `changes` newest first, times in milliseconds since the epoch. */
export function timelineOf(
	circuits: readonly Circuit[],
	changes: readonly CircuitTransition[],
	from: number,
	to: number,
): readonly TimelineRow[] {
	const cellOf = ({ credential, model }: Pick<Circuit, "credential" | "model">) => JSON.stringify([credential, model]);
	const changed = Map.groupBy(changes.toReversed(), cellOf);
	const now = new Map(circuits.map((circuit) => [cellOf(circuit), circuit]));
	const cells = [...new Set([...now.keys(), ...changed.keys()])];
	return cells
		.map((cell) => {
			const [credential = null, model = null] = JSON.parse(cell) as (string | null)[];
			const own = changed.get(cell) ?? [];
			const first = own[0];
			// Before the first change it was what that one changed; without one it is what it is now.
			let state = first?.from ?? now.get(cell)?.state ?? "closed";
			let [start, reason]: [number, string | null] = [from, null];
			const stretches: Stretch[] = [];
			for (const change of own) {
				const at = Math.min(Math.max(Date.parse(change.at), from), to);
				if (at > start) stretches.push({ from: start, to: at, state, reason });
				[start, state, reason] = [at, change.to === "released" ? "closed" : change.to, change.reason];
			}
			stretches.push({ from: start, to, state, reason });
			return { credential, model, stretches };
		})
		.toSorted((a, b) => trouble(b) - trouble(a));
}

/** For how long it was not closed. */
function trouble({ stretches }: TimelineRow): number {
	return stretches.reduce((sum, { from, to, state }) => sum + (isWell(state) ? 0 : to - from), 0);
}

export function isWell(state: string): boolean {
	return state === "closed" || state === "forced_closed" || state === "forced_observe";
}
