/** What holds of operations whose requests stand alone: no vendor keeps anything of one that makes the next cheaper. */
import type { Model } from "#catalog/model";
import { normalUsage, promptTokens, type Usage } from "#core/chat/usage";
import type { Requirements } from "#operations/operation";

/** Nothing but text in, and nothing beside the operation's own kind of answer out. */
export const NO_REQUIREMENTS: Requirements = {
	input: new Set(),
	output: new Set(),
	tools: false,
	schema: false,
	reasoning: false,
};

/** What the router asks of such a request. */
export const ALONE = {
	signals: () => new Set<never>(),
	conversation: (family: string) => family,
	prefixes: () => [],
	turns: () => 0,
	isUnderWay: () => false,
	vendorState: () => null,
};

/** Scores of two models cannot be compared, and callers hold them against a threshold. */
export const kinOfScores = (model: Model): string => (model.family ?? model.id).toLowerCase();

/** What judges what it is given, one result for each: no limit, no thinking, no defects, no words of its own. */
interface Judged {
	readonly results: readonly unknown[];
}
export const JUDGING = {
	outputLimit: () => 0,
	withOutputLimit: <Request>(request: Request) => request,
	mayThinkLong: () => false,
	defectIn: () => null,
	isEmpty: ({ results }: Judged) => results.length === 0,
	written: () => "",
	writtenIn: () => "",
	hasContent: ({ answer }: { readonly answer: Judged }) => answer.results.length > 0,
};

export function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
	return Math.ceil(items.reduce((total, item) => total + of(item), 0));
}

/** What all parts of a request used; null unless the provider told of each. */
export function usageOfAll(usages: readonly (Usage | null)[]): Usage | null {
	const known = usages.filter((usage) => usage !== null);
	if (known.length < usages.length) return null;
	return normalUsage({ input: sum(known, promptTokens), output: sum(known, ({ output }) => output) });
}
