// Tests of providers in D1, with what they cost.
import * as v from "valibot";
import type { FaultKind } from "#core/fault";
import type { CredentialId, ProviderName } from "#core/ids";
import { Millis, NanoDollars } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";

/** A call that an admin makes to see whether a provider works. Times in milliseconds since the epoch. */
export interface StoredTest {
	readonly id: string;
	readonly provider: ProviderName;
	readonly model: string;
	readonly credential: CredentialId;
	readonly at: number;
	/** Null while it runs, and for good when its Worker died before the end. */
	readonly endedAt: number | null;
	/** Null when it answered. */
	readonly fault: FaultKind | null;
	/** In nano-dollars; until it has ended the most that it can be; null without a known price. */
	readonly cost: number | null;
	/** Whether the cost is not what the provider reported. */
	readonly estimated: boolean;
}

const TestRow = v.pipe(
	v.object({
		id: v.string(),
		provider: v.string(),
		model: v.string(),
		credential: v.string(),
		at: Millis,
		ended_at: v.nullable(Millis),
		fault: v.nullable(v.string()),
		cost: v.nullable(NanoDollars),
		estimated: v.picklist([0, 1]),
	}),
	v.transform(
		(row): StoredTest => ({
			id: row.id,
			provider: row.provider as ProviderName,
			model: row.model,
			credential: row.credential as CredentialId,
			at: row.at,
			endedAt: row.ended_at,
			fault: row.fault as FaultKind | null,
			cost: row.cost,
			estimated: row.estimated === 1,
		}),
	),
);

const COLUMNS = "id, provider, model, credential, at, ended_at, fault, cost, estimated";

/** Books a test before it is made, and again when it has ended. Throws `DatabaseUnavailable`, as all of these do. */
export function bookTest(db: D1Database, test: StoredTest): Promise<void> {
	return inDatabase(async () => {
		await db
			.prepare(`INSERT OR REPLACE INTO provider_tests (${COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`)
			.bind(
				test.id,
				test.provider,
				test.model,
				test.credential,
				test.at,
				test.endedAt,
				test.fault,
				test.cost,
				test.estimated ? 1 : 0,
			)
			.run();
	});
}

/** One page, newest first, and whether more follow. `after` is the id of the last test of the page before. */
export function listTests(
	db: D1Database,
	provider: ProviderName,
	page: { after: string | null; limit: number },
): Promise<{ tests: StoredTest[]; more: boolean }> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT ${COLUMNS} FROM provider_tests WHERE provider = ?1 AND (?2 IS NULL OR id < ?2)
				ORDER BY id DESC LIMIT ?3`,
			)
			.bind(provider, page.after, page.limit + 1)
			.all();
		const tests = v.parse(v.array(TestRow), results);
		return { tests: tests.slice(0, page.limit), more: tests.length > page.limit };
	});
}
