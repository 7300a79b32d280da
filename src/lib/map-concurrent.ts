// Work for many items, a few at a time.

/** Enough to hide waiting, and below the six connections that one invocation may have open at once. */
const AT_ONCE = 5;

/**
 * Does the work for each item, a few at a time. Results are in the order of the items. Throws what the first failure
 * throws.
 */
export async function mapConcurrent<Item, Result>(
	items: readonly Item[],
	work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
	const results = new Array<Result>(items.length);
	const waiting = items.entries();
	const worker = async (): Promise<void> => {
		for (const [index, item] of waiting) results[index] = await work(item);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	return results;
}
