/** The condition that an entry is not in yet; ?2 is the object and ?3 the epoch. */
export function unmarked(seq: string): string {
	return `${seq} > coalesce((SELECT seq FROM outbox_marks WHERE object = ?2 AND epoch = ?3), 0)`;
}

const MARK = `
	INSERT INTO outbox_marks (object, epoch, seq, cost, flushed_at)
	SELECT ?2, ?3, max(entry.value ->> 'seq'), sum(entry.value ->> 'cost'), ?4
	FROM json_each(?1) AS entry WHERE ${unmarked("entry.value ->> 'seq'")} HAVING count(*) > 0
	ON CONFLICT (object, epoch) DO UPDATE SET
		seq = excluded.seq, cost = cost + excluded.cost, flushed_at = excluded.flushed_at`;

/** Says how far an outbox has come. Must be the last statement of the transaction that stores its entries. */
export function markStatement(
	db: D1Database,
	object: string,
	epoch: number,
	entries: readonly { readonly seq: number; readonly cost: number }[],
	now: number,
): D1PreparedStatement {
	return db.prepare(MARK).bind(JSON.stringify(entries), object, epoch, now);
}
