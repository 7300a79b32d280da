// Within what members of a team make keys by themselves, and on what terms.

/** The periods that a budget of self-service may count over. */
export const SELF_SERVICE_WINDOWS = ["day", "week", "month", "total"] as const;
type SelfServiceWindow = (typeof SELF_SERVICE_WINDOWS)[number];

/** A team's ceilings: what one person may have without asking anyone. */
export interface SelfService {
	readonly maxKeys: number;
	/** Of each key, in nano-dollars. */
	readonly maxBudget: number;
	readonly window: SelfServiceWindow;
	/** How many days a key is valid at most; null for no end. */
	readonly maxDays: number | null;
}

interface AskedBudget {
	/** Nano-dollars. */
	readonly limit: number;
	readonly window: SelfServiceWindow;
}

/** What a key is to have that a member asked for. */
export interface KeyTerms {
	/** Null: no budget of its own. */
	readonly budget: AskedBudget | null;
	/** Counted from when the key is made; null for no end. */
	readonly days: number | null;
}

const DAY_MS = 86_400_000;
/** At least as long as each window, in milliseconds. */
const WINDOWS_MS: Record<SelfServiceWindow, number> = {
	day: DAY_MS,
	week: 7 * DAY_MS,
	month: 31 * DAY_MS,
	total: Number.POSITIVE_INFINITY,
};

/** What is asked for, with the team's ceilings where nothing is said. */
export function termsOf(asked: AskedBudget | null, ceilings: SelfService | null): KeyTerms {
	if (ceilings === null) return { budget: asked, days: null };
	const { maxBudget: limit, window, maxDays: days } = ceilings;
	return { budget: asked ?? { limit, window }, days };
}

/** Whether a key on these terms needs no one's leave, as long as its owner has fewer than `maxKeys`. */
export function isWithin({ budget }: KeyTerms, ceilings: SelfService): boolean {
	return budget !== null && budget.window === ceilings.window && budget.limit <= ceilings.maxBudget;
}

/**
 * A key that ended after this moment still counts: until its budget's window has passed, its owner gets no new money by
 * ending it. In milliseconds since the epoch.
 */
export function countedSince({ window }: SelfService, now: number): number {
	return Math.max(0, now - WINDOWS_MS[window]);
}
