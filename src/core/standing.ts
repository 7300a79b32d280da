import type { CellHealth, CellState, ProviderHealth } from "./health";
import type { CredentialId } from "./ids";

/** What the cells of one target say together: what the strictest of them says. */
export interface Standing {
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

const UNKNOWN: Standing = { state: "closed", reason: "", until: null, share: 1, shed: 0 };

/**
 * The cells that an attempt at a model under a credential must pass: the provider's, the credential's and the model's,
 * and a model's under every credential, where an admin has decided on that. Cells in their initial state may be missing.
 */
export function cellsOf(health: ProviderHealth, credential: CredentialId, model: string): CellHealth[] {
	return health.cells.filter(
		({ ref }) =>
			(ref.credential === null || ref.credential === credential) && (ref.model === null || ref.model === model),
	);
}

/** How a target stands. Nothing known, which includes a health store that does not answer, is as good as closed. */
export function standingOf(health: ProviderHealth | null, credential: CredentialId, model: string): Standing {
	if (health === null) return UNKNOWN;
	return cellsOf(health, credential, model).reduce(stricter, UNKNOWN);
}

function stricter(standing: Standing, cell: CellHealth): Standing {
	const shed = Math.max(standing.shed, cell.shed);
	const share = Math.min(standing.share, cell.share);
	const lead = STRICTNESS.indexOf(cell.state) - STRICTNESS.indexOf(standing.state);
	if (lead < 0) return { ...standing, share, shed };
	const { state, reason } = lead > 0 ? cell : standing;
	const until = lead > 0 ? cell.until : latest(standing.until, cell.until);
	return { state, reason, until, share, shed };
}

function latest(a: number | null, b: number | null): number | null {
	return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
