// Reads how a target stands out of a provider's cells, as a checker of the breaker needs it.
import type { CellHealth, CellState, ProviderHealth } from "#core/health/health";
import type { CredentialId } from "#core/ids";

/** What the cells of one target say together: what the strictest of them says. */
interface TargetState {
	readonly state: CellState;
	/** Why it is not closed; empty when it is. */
	readonly reason: string;
	/** Milliseconds since the epoch: when it may open again; null when it is not shut, or nobody knows. */
	readonly until: number | null;
	/** The share of requests that may go there, from 0 to 1. A half-open target has 0: it takes a trial permit. */
	readonly share: number;
	/** How likely an attempt is better sent elsewhere, from 0 to 1. */
	readonly shed: number;
}

/** From the most to the least permissive. */
const STRICTNESS: readonly CellState[] = ["closed", "ramping", "half_open", "throttled", "open"];

const UNKNOWN: TargetState = { state: "closed", reason: "", until: null, share: 1, shed: 0 };

/** How a target stands by what a provider's object said. */
export function strictest(health: ProviderHealth | null, credential: CredentialId, model: string): TargetState {
	const cells = health?.cells ?? [];
	return cells
		.filter(({ ref }) => (ref.credential ?? credential) === credential && (ref.model ?? model) === model)
		.reduce(stricter, UNKNOWN);
}

function stricter(target: TargetState, cell: CellHealth): TargetState {
	const shed = Math.max(target.shed, cell.shed);
	const share = Math.min(target.share, cell.share);
	const lead = STRICTNESS.indexOf(cell.state) - STRICTNESS.indexOf(target.state);
	if (lead < 0) return { ...target, share, shed };
	const { state, reason } = lead > 0 ? cell : target;
	const until = lead > 0 ? cell.until : latest(target.until, cell.until);
	return { state, reason, until, share, shed };
}

function latest(a: number | null, b: number | null): number | null {
	return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
