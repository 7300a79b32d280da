/**
 * Work that may be more than one run of the clock can do: one run at a time does it, in small steps, until nothing is
 * left or its time is over; the next run goes on.
 */
import { endLease, takeLease } from "#store/d1/job-leases";

/** How long a run begins further steps, in milliseconds. */
export const SHIFT_MS = 20_000;
/** When a run that never came back is given up, in milliseconds: the last step of one may take long. */
const LEASE_MS = 180_000;

/** Whether there is time for a further step. */
export type GoesOn = () => boolean;

/**
 * Does the work unless another run is at it; `holder` names this run. Throws what the work throws, and what D1 throws.
 */
export async function shift(
	db: D1Database,
	job: string,
	holder: string,
	clock: () => number,
	work: (goesOn: GoesOn) => Promise<unknown>,
): Promise<void> {
	const begin = clock();
	if (!(await takeLease(db, job, holder, begin, begin + LEASE_MS))) return;
	try {
		await work(() => clock() - begin < SHIFT_MS);
	} finally {
		await endLease(db, job, holder);
	}
}
