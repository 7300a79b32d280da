import { within } from "../../src/store/deadline";

/**
 * Calls another object: a fresh stub per attempt, because one that failed keeps failing, and one repetition unless the
 * object is overloaded. The call may have run although this throws, so ask only what may be asked twice.
 * Throws what the object threw, or `DeadlineError` after `ms` over both attempts.
 */
export function askObject<Stub, T>(
	what: string,
	ms: number,
	fresh: () => Stub,
	ask: (stub: Stub) => Promise<T>,
): Promise<T> {
	const attempt = async (): Promise<T> => ask(fresh());
	return within(
		ms,
		what,
		attempt().catch((error: unknown) => {
			if (error instanceof Error && "overloaded" in error && error.overloaded === true) throw error;
			return attempt();
		}),
	);
}
