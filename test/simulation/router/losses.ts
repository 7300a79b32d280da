// What money, waiting and bad answers are worth, so that ways of choosing can be compared.
import type { Task } from "./traffic";

/** What things are worth, in dollars: a scale on which ways of choosing can be compared. */
export interface Losses {
	/** A second of waiting for the whole answer. */
	readonly second: number;
	/** An answer that is not good, by kind of task. */
	readonly bad: Readonly<Record<Task, number>>;
	/** No answer after all attempts. */
	readonly failed: number;
}

/**
 * Two views of what a bad answer costs: a cent, whatever the task; or what it takes a person to notice and repair it,
 * which is little for small talk, more for code, and most where the caller said that it is critical.
 */
export const LOSSES = {
	alike: {
		second: 0.0005,
		bad: { chat: 0.01, assistant: 0.01, code: 0.01, extraction: 0.01, reasoning: 0.01, critical: 0.01 },
		failed: 0.05,
	},
	graded: {
		second: 0.0005,
		bad: { chat: 0.002, assistant: 0.01, code: 0.1, extraction: 0.02, reasoning: 0.1, critical: 0.5 },
		failed: 0.05,
	},
} as const satisfies Record<string, Losses>;

/** What was spent, waited for and missed. */
export interface Spent {
	/** Nano-dollars. */
	readonly cost: number;
	readonly ms: number;
	readonly bad: number;
	readonly failed: number;
}

/** In dollars, for tasks of one kind. */
export function lossOf({ second, bad, failed }: Losses, task: Task, spent: Spent): number {
	return spent.cost / 1e9 + (spent.ms / 1_000) * second + spent.bad * bad[task] + spent.failed * failed;
}
