// Repeats a change that another one overtook.
import { DatabaseUnavailable } from "./database";

const ATTEMPTS = 20;

/**
 * Repeats a change that rests on what it read, as long as another change comes between. Throws `DatabaseUnavailable`
 * when that does not end, and what `attempt` throws.
 */
export async function unlessOvertaken<T>(attempt: () => Promise<T | "overtaken">): Promise<T> {
	for (let count = 0; count < ATTEMPTS; count++) {
		const outcome = await attempt();
		if (outcome !== "overtaken") return outcome;
	}
	throw new DatabaseUnavailable(new Error("overtaken too often"));
}
