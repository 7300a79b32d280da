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

export interface Explored {
	readonly states: number;
	/** What is wrong, and the shortest way to it. */
	readonly broken: { readonly why: string; readonly trail: readonly string[] } | null;
}

interface Node<State> {
	readonly state: State;
	readonly step: string;
	readonly from: Node<State> | null;
}

/** Visits every reachable state, nearest first, until one is wrong. Throws when there are more than `most`. */
export function explore<State>(machine: Machine<State>, most = 3_000_000): Explored {
	const seen = new Set([machine.key(machine.start)]);
	let frontier: Node<State>[] = [{ state: machine.start, step: "start", from: null }];
	while (frontier.length > 0) {
		const following: Node<State>[] = [];
		for (const node of frontier) {
			const why = machine.wrong(node.state);
			if (why !== null) return { states: seen.size, broken: { why, trail: trailOf(node) } };
			for (const [step, state] of machine.next(node.state)) {
				const key = machine.key(state);
				if (seen.has(key)) continue;
				seen.add(key);
				following.push({ state, step, from: node });
			}
		}
		if (seen.size > most) throw new Error(`more than ${most} states`);
		frontier = following;
	}
	return { states: seen.size, broken: null };
}

function trailOf<State>(node: Node<State>): string[] {
	const trail: string[] = [];
	for (let at: Node<State> | null = node; at !== null; at = at.from) trail.unshift(at.step);
	return trail;
}
