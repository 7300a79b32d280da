// Reads from a provider's health that of one model under one credential.
import { type CellHealth, type LatencyFigures, type ProviderHealth, UNKNOWN_LATENCY } from "#core/health/health";
import type { CredentialId } from "#core/ids";

/** What health says of one way to one model: all three of its cells must permit an attempt. */
export interface TargetHealth {
	/** Why nothing may go there now; null when something may. A forced one is not even tried in need. */
	readonly shut: "open" | "throttled" | "forced" | null;
	/** When it may be let through again, in milliseconds since the epoch; null when unknown, or when it is not shut. */
	readonly until: number | null;
	/** Half open: an attempt needs a permit. */
	readonly trial: boolean;
	/** The share of requests that may go there, from 0 to 1. */
	readonly share: number;
	/** How likely an attempt is better sent elsewhere, from 0 to 1. */
	readonly shed: number;
	/** From 0 to 1; null when too little is known, as of the figures below. */
	readonly successRate: number | null;
	readonly latency: LatencyFigures;
	readonly cachedShare: number | null;
}

/** The health of a target of which nothing bad is known. */
const WELL: TargetHealth = {
	shut: null,
	until: null,
	trial: false,
	share: 1,
	shed: 0,
	successRate: null,
	latency: UNKNOWN_LATENCY,
	cachedShare: null,
};

/** The health of a model under a credential. `now` in milliseconds since the epoch: a snapshot may be a little old. */
export function targetHealthOf(
	health: ProviderHealth | null,
	credential: CredentialId,
	model: string,
	now: number,
): TargetHealth {
	if (health === null || health.cells.length === 0) return WELL;
	let shut: TargetHealth["shut"] = null;
	let until: number | null = 0;
	let trial = false;
	let share = 1;
	let shed = 0;
	let own: CellHealth | null = null;
	let provider: CellHealth | null = null;
	for (const cell of health.cells) {
		const { ref } = cell;
		if (ref.credential !== null && ref.credential !== credential) continue;
		if (ref.model !== null && ref.model !== model) continue;
		if (ref.model !== null) own = cell;
		else if (ref.credential === null) provider = cell;
		if (cell.forced === "closed" || cell.forced === "observe" || isReleased(cell, now)) continue;
		const why = shutBy(cell, now);
		if (why !== null) {
			shut = graver(shut, why);
			until = until === null || cell.until === null ? null : Math.max(until, cell.until);
		} else if (cell.state === "half_open" || cell.state === "open") trial = true;
		else if (cell.state !== "throttled") share = Math.min(share, cell.share);
		shed = Math.max(shed, cell.shed);
	}
	return {
		shut,
		until: shut === null || until === 0 ? null : until,
		trial,
		share,
		shed,
		successRate: own?.successRate ?? provider?.successRate ?? null,
		latency: own?.latency ?? UNKNOWN_LATENCY,
		cachedShare: own?.cachedShare ?? null,
	};
}

/** It was shut for a time that has run out since the snapshot: what outcomes say of it is not known yet. */
function isReleased({ forced, until }: CellHealth, now: number): boolean {
	return forced === "open" && until !== null && until <= now;
}

/** A cell whose time has run out since the snapshot is half open by now, or no longer throttled. */
function shutBy({ forced, state, until }: CellHealth, now: number): TargetHealth["shut"] {
	if (state !== "open" && state !== "throttled") return null;
	if (until !== null && until <= now) return null;
	return forced === "open" ? "forced" : state;
}

const GRAVITY = { throttled: 1, open: 2, forced: 3 } as const;

function graver(a: TargetHealth["shut"], b: NonNullable<TargetHealth["shut"]>): NonNullable<TargetHealth["shut"]> {
	return a !== null && GRAVITY[a] >= GRAVITY[b] ? a : b;
}
