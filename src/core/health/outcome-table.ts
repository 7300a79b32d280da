// The one table of which fault touches which cell.
import type { FaultKind, LimitScope } from "#core/fault";

/**
 * What an outcome says of one cell: nothing; that it works; that it failed; that it failed by taking too long; that the
 * vendor takes no requests until later; or that it will not work until an admin repairs it.
 */
export type CellVerdict = "none" | "ok" | "failed" | "stalled" | "throttled" | "dead";

/** The same for the three cells that an attempt passes. */
interface CellVerdicts {
	readonly provider: CellVerdict;
	readonly credential: CellVerdict;
	readonly model: CellVerdict;
}

const SUCCESS: CellVerdicts = { provider: "ok", credential: "ok", model: "ok" };
const NOTHING: CellVerdicts = { provider: "none", credential: "none", model: "none" };

/** A provider that answers, however badly, can be reached: its own cell judges nothing else. */
const failedAt = (part: Partial<CellVerdicts>): CellVerdicts => ({ ...NOTHING, provider: "ok", ...part });

/**
 * Which fault touches which cell. A provider's cell is about reaching it, a credential's about what the vendor allows
 * the account, a model's about all the rest. What is the caller's doing touches none.
 */
const FAULT_VERDICTS: Readonly<Record<FaultKind, CellVerdicts>> = {
	connect: { provider: "failed", credential: "none", model: "failed" },
	timeout: { provider: "none", credential: "none", model: "stalled" },
	overloaded: failedAt({ model: "failed" }),
	server: failedAt({ model: "failed" }),
	rate_limited: failedAt({ model: "throttled" }),
	credential: failedAt({ credential: "dead" }),
	vendor_quota: failedAt({ credential: "dead" }),
	forbidden: failedAt({ model: "failed" }),
	model_missing: failedAt({ model: "failed" }),
	malformed: failedAt({ model: "failed" }),
	empty: failedAt({ model: "failed" }),
	truncated: failedAt({ model: "failed" }),
	bad_request: NOTHING,
	history: NOTHING,
	context_length: NOTHING,
	content_policy: NOTHING,
	too_large: NOTHING,
};

/** Vendors' limits are per model nearly everywhere; this is one that the vendor says is the account's. */
const ACCOUNT_LIMITED: CellVerdicts = { ...FAULT_VERDICTS.rate_limited, credential: "throttled" };

/** What an outcome says of the cells that it passed. */
export function verdictsOf(outcome: {
	readonly result: "ok" | "failed" | "ignored";
	readonly fault: FaultKind | null;
	readonly limits: LimitScope | null;
}): CellVerdicts {
	if (outcome.result === "ok") return SUCCESS;
	if (outcome.result === "failed" && outcome.fault === "rate_limited" && outcome.limits === "account") {
		return ACCOUNT_LIMITED;
	}
	return outcome.result === "failed" && outcome.fault !== null ? FAULT_VERDICTS[outcome.fault] : NOTHING;
}
