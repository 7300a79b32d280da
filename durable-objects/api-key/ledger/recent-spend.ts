/** What was held lately, as far as sizing asks: the sums of this and of the preceding slice of time. */
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
export function recent(pace: RecentSpend, now: number): number {
	const slice = Math.floor(now / SLICE_MS);
	if (slice === pace.slice) return pace.sum + pace.before;
	return slice === pace.slice + 1 ? pace.sum : 0;
}

export function note(pace: RecentSpend, amount: number, now: number): void {
	const slice = Math.floor(now / SLICE_MS);
	if (slice !== pace.slice) {
		pace.before = slice === pace.slice + 1 ? pace.sum : 0;
		pace.sum = 0;
		pace.slice = slice;
	}
	pace.sum += amount;
}
