// What providers' own lists of models said last, in D1.
import * as v from "valibot";
import type { ProviderName } from "#core/ids";
import { Millis } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";

/** The last time that a provider was asked for its models. */
export interface StoredSync {
	readonly provider: ProviderName;
	/** What an admin accepts it by. */
	readonly id: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
	/** What came of it; whoever wrote it reads it. */
	readonly detail: unknown;
}

const SyncRow = v.pipe(
	v.object({ provider: v.string(), id: v.string(), at: Millis, detail: v.pipe(v.string(), v.parseJson()) }),
	v.transform((row): StoredSync => ({ ...row, provider: row.provider as ProviderName })),
);
const AskedRows = v.array(v.object({ provider: v.string(), at: Millis }));

/** Null when it was never asked. Throws `DatabaseUnavailable`, as all of these do. */
export function findSync(db: D1Database, provider: ProviderName): Promise<StoredSync | null> {
	return inDatabase(async () => {
		const statement = db.prepare("SELECT provider, id, at, detail FROM model_syncs WHERE provider = ?");
		const row = await statement.bind(provider).first();
		return row === null ? null : v.parse(SyncRow, row);
	});
}

/** When each provider was asked last, by name, in milliseconds since the epoch. */
export function lastAsked(db: D1Database): Promise<ReadonlyMap<string, number>> {
	return inDatabase(async () => {
		const { results } = await db.prepare("SELECT provider, at FROM model_syncs").all();
		return new Map(v.parse(AskedRows, results).map(({ provider, at }) => [provider, at]));
	});
}

/** Puts it in place of what the provider's list said before. */
export function writeSync(db: D1Database, { provider, id, at, detail }: StoredSync): Promise<void> {
	return inDatabase(async () => {
		await db
			.prepare(
				`INSERT INTO model_syncs (provider, id, at, detail) VALUES (?1, ?2, ?3, ?4)
				ON CONFLICT (provider) DO UPDATE SET id = ?2, at = ?3, detail = ?4`,
			)
			.bind(provider, id, at, JSON.stringify(detail))
			.run();
	});
}

/** Forgets it. To be run in the batch that makes it meaningless. */
export function removeSync(db: D1Database, provider: ProviderName): D1PreparedStatement {
	return db.prepare("DELETE FROM model_syncs WHERE provider = ?").bind(provider);
}
