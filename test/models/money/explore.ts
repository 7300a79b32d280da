// Visits every reachable state of a small machine and checks each.
import { LedgerFault } from "#durable-objects/api-key/ledger/counters";

/** A machine whose reachable states are all visited. States are values: a step makes new ones. */
export interface Machine<State> {
	readonly start: State;
	/** What may happen next, each with its name. */
	next(state: State): Iterable<readonly [string, State]>;
	/** Two states with the same key have the same future. */
	key(state: State): string;
	/** What is wrong with a state, or null. */
	wrong(state: State): string | null;
}

interface Explored {
	readonly states: number;
	/** What is wrong, and the shortest way to it. */
	readonly broken: { readonly why: string; readonly trail: readonly string[] } | null;
}

/**
 * What an error says about a state: a replaced copy just fails, a broken invariant is wrong, all else is a broken test.
 */
export function fault(error: unknown): string | null {
	if (error instanceof LedgerFault || error instanceof RangeError) return String(error);
	if (error instanceof Error && error.message.startsWith("another copy")) return null;
	throw error;
}

/** How a state was first reached. */
interface Path {
	readonly step: string;
	readonly from: Path | null;
}

/** Visits every reachable state, nearest first, until one is wrong. Throws when there are more than `most`. */
export function explore<State>(machine: Machine<State>, most = 3_000_000): Explored {
	const seen = new Set([machine.key(machine.start)]);
	let frontier: (readonly [State, Path])[] = [[machine.start, { step: "start", from: null }]];
	while (frontier.length > 0) {
		const following: (readonly [State, Path])[] = [];
		for (const [state, path] of frontier) {
			const why = machine.wrong(state);
			if (why !== null) return { states: seen.size, broken: { why, trail: trailOf(path) } };
			for (const [step, after] of machine.next(state)) {
				const key = machine.key(after);
				if (seen.has(key)) continue;
				seen.add(key);
				following.push([after, { step, from: path }]);
			}
			if (seen.size > most) throw new Error(`more than ${most} states`);
		}
		frontier = following;
	}
	return { states: seen.size, broken: null };
}

function trailOf(path: Path): string[] {
	const trail: string[] = [];
	for (let at: Path | null = path; at !== null; at = at.from) trail.unshift(at.step);
	return trail;
}
