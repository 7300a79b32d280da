// How much was held lately, which sizes raises and loans: the sums of the current slice of time and of the one before
// it.
export interface RecentSpend {
	/** Number of the slice. */
	slice: number;
	sum: number;
	before: number;
}

const SLICE_MS = 10_000;

export function newRecentSpend(): RecentSpend {
	return { slice: 0, sum: 0, before: 0 };
}

/** Nano-dollars held in the last ten to twenty seconds. */
export function recent(recentSpend: RecentSpend, now: number): number {
	const slice = Math.floor(now / SLICE_MS);
	if (slice === recentSpend.slice) return recentSpend.sum + recentSpend.before;
	return slice === recentSpend.slice + 1 ? recentSpend.sum : 0;
}

export function note(recentSpend: RecentSpend, amount: number, now: number): void {
	const slice = Math.floor(now / SLICE_MS);
	if (slice !== recentSpend.slice) {
		recentSpend.before = slice === recentSpend.slice + 1 ? recentSpend.sum : 0;
		recentSpend.sum = 0;
		recentSpend.slice = slice;
	}
	recentSpend.sum += amount;
}
