/** Lists of any length. Spread over arguments, as in `push(...list)`, one that is long enough overflows the stack. */

/** Adds all of `more` to the end of `list`. */
export function append<T>(list: T[], more: Iterable<T>): void {
	for (const each of more) list.push(each);
}

/** The least of some numbers; infinity when there are none. */
export function leastOf(numbers: Iterable<number>): number {
	let least = Number.POSITIVE_INFINITY;
	for (const each of numbers) least = Math.min(least, each);
	return least;
}

/** The greatest of some numbers; minus infinity when there are none. */
export function greatestOf(numbers: Iterable<number>): number {
	let greatest = Number.NEGATIVE_INFINITY;
	for (const each of numbers) greatest = Math.max(greatest, each);
	return greatest;
}

/** The list with each entry changed; itself when `change` returns every entry as it was. */
export function changed<T>(list: readonly T[], change: (entry: T, at: number) => T): readonly T[] {
	let next: T[] | null = null;
	for (const [at, entry] of list.entries()) {
		const now = change(entry, at);
		if (now !== entry) next ??= [...list];
		if (next !== null) next[at] = now;
	}
	return next ?? list;
}
