import { within } from "./deadline";

/** A namespace of objects, or what stands in for one. */
export interface Objects<Stub> {
	getByName(name: string): Stub;
}

/**
 * Calls the object of a name: a fresh stub per attempt, because one that failed keeps failing, and one repetition unless
 * the object is overloaded. The call may have run although this throws, so ask only what may be asked twice.
 * Throws what the object threw, or `DeadlineError` after `ms` over both attempts.
 */
export function askObject<Stub, T>(
	objects: Objects<Stub>,
	name: string,
	ms: number,
	ask: (stub: Stub) => Promise<T>,
): Promise<T> {
	const attempt = async () => ask(objects.getByName(name));
	return within(
		ms,
		`the object of ${name}`,
		attempt().catch((error: unknown) => {
			if (isOverloaded(error)) throw error;
			return attempt();
		}),
	);
}

function isOverloaded(error: unknown): boolean {
	return error instanceof Error && "overloaded" in error && error.overloaded === true;
}
