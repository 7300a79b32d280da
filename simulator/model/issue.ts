// Finds in a validator's report the one problem that a vendor would name.
import type * as v from "valibot";

/** What is wrong at the deepest place that a decoder reached. */
interface Finding {
	readonly issue: v.BaseIssue<unknown>;
	/** From the root of the value. */
	readonly path: readonly unknown[];
}

/**
 * A union reports only that nothing fitted; below it stands how far each of its options came, and the farthest one
 * tells most.
 */
export function finding(issue: v.BaseIssue<unknown>, above: readonly unknown[] = []): Finding {
	const path = [...above, ...(issue.path ?? []).map((item) => item.key)];
	const below = (issue.issues ?? []).map((deeper) => finding(deeper, path));
	return below.reduce((best, next) => (next.path.length > best.path.length ? next : best), { issue, path });
}
