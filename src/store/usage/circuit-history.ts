// Reads what became of a provider's circuits.
import * as v from "valibot";
import { Integer, Millis } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";

/** A cell of a provider that changed its state. Words are those of whichever release wrote them. */
export interface StoredTransition {
	/** Where it stands in the histories of all objects. */
	readonly id: string;
	/** Milliseconds since the epoch, as `until`. */
	readonly at: number;
	readonly credential: string | null;
	readonly model: string | null;
	readonly from: string;
	readonly to: string;
	readonly reason: string;
	readonly until: number | null;
}

const Row = v.pipe(
	v.object({
		epoch: Integer,
		seq: Integer,
		item: Integer,
		at: Millis,
		credential: v.nullable(v.string()),
		model: v.nullable(v.string()),
		from_state: v.string(),
		to_state: v.string(),
		reason: v.string(),
		until: v.nullable(Millis),
	}),
	v.transform(
		({ epoch, seq, item, from_state, to_state, ...row }): StoredTransition => ({
			...row,
			id: `${epoch}.${seq}.${item}`,
			from: from_state,
			to: to_state,
		}),
	),
);

/**
 * The changes of a provider's cells in a time, newest first, and whether there are more than `limit`. Times in
 * milliseconds since the epoch, `to` is not included. Throws `DatabaseUnavailable`.
 */
export function listTransitions(
	db: D1Database,
	provider: string,
	{ from, to, limit }: { readonly from: number; readonly to: number; readonly limit: number },
): Promise<{ transitions: StoredTransition[]; more: boolean }> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT epoch, seq, item, at, credential, model, from_state, to_state, reason, until FROM circuit_transitions
				WHERE at >= ? AND at < ? AND provider = ? ORDER BY at DESC, epoch DESC, seq DESC, item DESC LIMIT ?`,
			)
			.bind(from, to, provider, limit + 1)
			.all();
		const transitions = v.parse(v.array(Row), results);
		return { transitions: transitions.slice(0, limit), more: transitions.length > limit };
	});
}
