/** Leases in D1, under which a job that takes long runs once at a time, whatever isolate the clock starts it in. */

/**
 * Whether `holder` has the job's lease from now on, until a time in milliseconds since the epoch. Throws what D1
 * throws.
 */
export async function takeLease(
	db: D1Database,
	job: string,
	holder: string,
	now: number,
	until: number,
): Promise<boolean> {
	const query = `INSERT INTO job_leases (job, holder, until) VALUES (?1, ?2, ?4)
		ON CONFLICT (job) DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE until <= ?3 RETURNING holder`;
	const { results } = await db.prepare(query).bind(job, holder, now, until).all();
	return results.length > 0;
}

/** Gives a lease back, if `holder` has it still. Throws what D1 throws. */
export async function endLease(db: D1Database, job: string, holder: string): Promise<void> {
	await db.prepare("DELETE FROM job_leases WHERE job = ? AND holder = ?").bind(job, holder).run();
}
