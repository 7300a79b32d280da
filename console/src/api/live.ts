// How often live figures are asked for. All that one screen shows costs the gateway's objects a call a second at most:
// circuits, budgets, and usage that keys owe the database have a third of it each. The gateway sees to the last itself.

/** Where the database answers. */
export const LIVE_MS = 15_000;
/** Where objects answer, for each of them. */
const MS_PER_OBJECT_CALL = 3_000;

/** Until a question is asked again, in milliseconds; each time it calls `objectCalls` objects. */
export function pauseOf(objectCalls: number): number {
	return Math.max(LIVE_MS, objectCalls * MS_PER_OBJECT_CALL);
}
