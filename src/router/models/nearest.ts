/** The candidate nearest to `text` by edit distance, if near enough to be a likely misspelling. */
import { leastOf } from "#lib/list";

export function nearest(text: string, candidates: Iterable<string>): string | undefined {
	const sought = text.toLowerCase().slice(0, 100);
	let best: string | undefined;
	let least = Math.max(2, Math.floor(sought.length / 3)) + 1;
	for (const candidate of candidates) {
		const distance = editDistance(sought, candidate.toLowerCase(), least);
		if (distance < least) {
			least = distance;
			best = candidate;
		}
	}
	return best;
}

/** Levenshtein's distance by Wagner and Fischer's table, one row at a time; gives up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
	if (Math.abs(a.length - b.length) >= limit) return limit;
	let row = Array.from({ length: b.length + 1 }, (_, j) => j);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
			next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
		}
		if (leastOf(next) >= limit) return limit;
		row = next;
	}
	return row[b.length] ?? limit;
}
