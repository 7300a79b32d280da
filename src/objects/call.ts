/**
 * How the product calls a Durable Object: under a deadline, and once more where a call may be repeated. Only the
 * clients in this folder call objects, so every deadline stands here, beside the method that it bounds.
 */
import { within } from "#lib/deadline";

/** How long an admin waits for one object to answer or to confirm a change, in milliseconds. */
export const MAX_ADMIN_MS = 5_000;
/** How long an object may take to ship all that it owes to D1, in milliseconds. Jobs wait for it, and no request. */
export const MAX_SWEEP_MS = 60_000;

/** A namespace of objects, or what stands in for one. */
export interface Objects<Stub> {
	getByName(name: string): Stub;
}

/**
 * Calls the object of a name: a fresh stub per attempt, because one that failed keeps failing, and one repetition
 * unless the object is overloaded. The call may have run although this throws, so ask only what may be asked twice.
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

/** The same without a repetition, for a call whose second answer would not be that of the first. */
export function askObjectOnce<Stub, T>(
	objects: Objects<Stub>,
	name: string,
	ms: number,
	ask: (stub: Stub) => Promise<T>,
): Promise<T> {
	const attempt = async () => ask(objects.getByName(name));
	return within(ms, `the object of ${name}`, attempt());
}

/** Whether the object's own code threw what a call to it threw: it is there, and cannot do what it was asked. */
export function isRefusal(error: unknown): boolean {
	if (!(error instanceof Error)) return false;
	const { remote, retryable } = error as { remote?: unknown; retryable?: unknown };
	return remote === true && retryable !== true;
}

function isOverloaded(error: unknown): boolean {
	return error instanceof Error && "overloaded" in error && error.overloaded === true;
}
