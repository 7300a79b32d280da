import { within } from "./deadline";

/**
 * Calls an object, under the rules of `askTwice`. Throws what the object threw, or `DeadlineError` after `ms` over both
 * attempts.
 */
export function askObject<Stub, T>(
	what: string,
	ms: number,
	stub: () => Stub,
	ask: (stub: Stub) => Promise<T>,
): Promise<T> {
	return within(ms, what, askTwice(stub, ask));
}

/**
 * Calls an object: a fresh stub per attempt, because one that failed keeps failing, and one repetition unless the object
 * is overloaded. The call may have run although this throws, so ask only what may be asked twice.
 */
export function askTwice<Stub, T>(stub: () => Stub, ask: (stub: Stub) => Promise<T>): Promise<T> {
	const attempt = async () => ask(stub());
	return attempt().catch((error: unknown) => {
		if (isOverloaded(error)) throw error;
		return attempt();
	});
}

function isOverloaded(error: unknown): boolean {
	return error instanceof Error && "overloaded" in error && error.overloaded === true;
}
