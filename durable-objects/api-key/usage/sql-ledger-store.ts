// The ledger's store and the usage outbox in the object's SQLite database.
import * as v from "valibot";
import type { KeyId, ProviderName, TeamId } from "#core/ids";
import type { UsageEntry } from "#core/usage/usage-entry";
import type { ExpiredHold } from "#durable-objects/api-key/ledger/batch-context";
import { counters } from "#durable-objects/api-key/ledger/counters";
import { jobsOf, MAX_JOB_MS } from "#durable-objects/api-key/ledger/job";
import { REPEATABLE_MS } from "#durable-objects/api-key/ledger/ledger";
import type {
	Job,
	JobStore,
	LedgerChange,
	LedgerStore,
	StoredPeriod,
} from "#durable-objects/api-key/ledger/ledger-store";
import type { SqlOutbox } from "#durable-objects/shared/outbox-sql";
import { run, type SqlDatabase } from "#durable-objects/shared/sql";
import { Integer, Millis, NanoDollars } from "#store/d1/columns";
import { entryOfBatch, entryOfExpired, entryOfLateCost, sizeOf } from "./usage-entries";

const PeriodRow = v.object({
	budget: v.string(),
	end_user: v.string(),
	window: Millis,
	allowed: NanoDollars,
	credited: NanoDollars,
	settled: NanoDollars,
	overrun: NanoDollars,
	forgiven: NanoDollars,
	adjusted: NanoDollars,
	granted: NanoDollars,
	returned: NanoDollars,
});
const UserRow = v.object({ end_user: v.string() });

const ExpiredRow = v.pipe(
	v.object({
		attempt: v.string(),
		amount: NanoDollars,
		provider: v.nullable(v.string()),
		model: v.nullable(v.string()),
	}),
	v.transform(({ attempt, provider, ...rest }): ExpiredHold => {
		return { attemptId: attempt, provider: provider as ProviderName | null, ...rest };
	}),
);

const JobSchema: v.GenericSchema<unknown, Job> = v.object({
	id: v.string(),
	attemptId: v.string(),
	teamId: v.custom<TeamId>((value) => typeof value === "string"),
	app: v.nullable(v.string()),
	provider: v.nullable(v.custom<ProviderName>((value) => typeof value === "string")),
	model: v.nullable(v.string()),
	charged: NanoDollars,
	overrun: NanoDollars,
	estimated: v.boolean(),
	periods: v.array(v.object({ budgetId: v.string(), endUser: v.string(), window: Millis })),
});
const JobRow = v.object({ body: v.pipe(v.string(), v.parseJson(), JobSchema), closed: Integer });

/** How long a batch is kept, in milliseconds: longer than it may be repeated, or it could count twice. */
const KEPT_MS = 2 * REPEATABLE_MS;
/** How long an expired hold waits for its settlement, in milliseconds. */
const LATE_TRUTH_MS = 25 * 3_600_000;
const PRUNE_MS = 3_600_000;

/**
 * Keeps the ledger in a migrated database. A batch of settlements is one row, which is at once the proof of what it
 * credits, the guard against its repetition, and an entry owed to D1.
 */
export class SqlLedgerStore implements LedgerStore, JobStore {
	readonly #keyId: KeyId;
	readonly #database: SqlDatabase;
	readonly #outbox: SqlOutbox;
	readonly #alsoWrite: () => void;
	#prunedAt = 0;

	/** `alsoWrite` runs in the transaction of each commit that stores a record. */
	constructor(keyId: KeyId, database: SqlDatabase, outbox: SqlOutbox, alsoWrite: () => void) {
		this.#keyId = keyId;
		this.#database = database;
		this.#outbox = outbox;
		this.#alsoWrite = alsoWrite;
	}

	load(budgetId: string, endUser: string): StoredPeriod[] {
		const rows = this.#database.sql.exec("SELECT * FROM lines WHERE budget = ? AND end_user = ?", budgetId, endUser);
		return [...rows].map((row) => {
			const { budget, end_user, window, ...amounts } = v.parse(PeriodRow, row);
			return { ref: { budgetId: budget, endUser: end_user, window }, counters: counters(amounts) };
		});
	}

	commit(change: LedgerChange): "committed" | "repeated" {
		const { record } = change;
		if (record?.kind === "settlement") {
			const { id, sentAt, partOf, at, settlements, context } = record;
			// Its parts may have come before it, or a whole that it is a part of.
			if (this.#outbox.has(sentAt, id) || this.hasRecord(id)) return "repeated";
			if (partOf.some((whole) => this.#outbox.has(sentAt, whole))) return "repeated";
			this.#owe({ sentAt, id, at }, entryOfBatch(this.#keyId, settlements, context, at), () => {
				for (const { attemptId } of context.expired)
					run(this.#database, "DELETE FROM expired WHERE attempt = ?", attemptId);
				for (const whole of partOf) {
					run(this.#database, "INSERT OR IGNORE INTO records VALUES (?, 'settlement', ?, '{}')", whole, at);
				}
				for (const job of jobsOf(settlements, context)) {
					const query = "INSERT OR IGNORE INTO jobs VALUES (?, ?, ?, 0)";
					run(this.#database, query, job.id, JSON.stringify(job), at);
				}
				this.#alsoWrite();
				this.#apply(change);
			});
			return "committed";
		}
		if (record?.kind === "late-cost") {
			const { id, at, job, actual } = record;
			if (this.job(id) === "closed") return "repeated";
			this.#owe({ sentAt: at, id: `job ${id}`, at }, entryOfLateCost(this.#keyId, job, actual, at), () => {
				run(this.#database, "UPDATE jobs SET closed = 1 WHERE id = ?", id);
				this.#alsoWrite();
				this.#apply(change);
			});
			return "committed";
		}
		if (record !== null && this.hasRecord(record.id)) return "repeated";
		this.#database.transactionSync(() => {
			if (record !== null) {
				const { id, kind, at, ...body } = record;
				const query = "INSERT INTO records (id, kind, at, body) VALUES (?, ?, ?, ?)";
				run(this.#database, query, id, kind, at, JSON.stringify(body));
				this.#alsoWrite();
			}
			this.#apply(change);
		});
		return "committed";
	}

	job(id: string): Job | "closed" | null {
		const [row] = this.#database.sql.exec("SELECT body, closed FROM jobs WHERE id = ?", id);
		if (row === undefined) return null;
		const { body, closed } = v.parse(JobRow, row);
		return closed === 1 ? "closed" : body;
	}

	/** Records a hold that ran out at `expiredAt`: the log has it at its full amount from now on. May be repeated. */
	recordExpired(teamId: TeamId, expired: ExpiredHold, expiredAt: number, now: number): void {
		const { attemptId, amount, provider, model } = expired;
		const id = `expired ${attemptId}`;
		if (this.#outbox.has(expiredAt, id)) return;
		this.#owe({ sentAt: expiredAt, id, at: now }, entryOfExpired(this.#keyId, teamId, expired, now), () => {
			const query = "INSERT OR REPLACE INTO expired VALUES (?, ?, ?, ?, ?)";
			run(this.#database, query, attemptId, amount, provider, model, now);
		});
	}

	/** Records the counts of refused requests. */
	recordRefused(counts: UsageEntry["counts"], now: number): void {
		this.#owe({ sentAt: now, id: null, at: now }, { rows: [], counts }, () => {});
	}

	/** Those of the attempts whose holds ran out, and whose settlement has not come. */
	expiredAmong(attemptIds: readonly string[]): ExpiredHold[] {
		const query = `SELECT attempt, amount, provider, model FROM expired
			WHERE attempt IN (SELECT value FROM json_each(?))`;
		return [...this.#database.sql.exec(query, JSON.stringify(attemptIds))].map((row) => v.parse(ExpiredRow, row));
	}

	/** The end users that a budget has periods of, at most `most`. */
	endUsers(budgetId: string, most: number): string[] {
		const query = "SELECT DISTINCT end_user FROM lines WHERE budget = ? LIMIT ?";
		return [...this.#database.sql.exec(query, budgetId, most)].map((row) => v.parse(UserRow, row).end_user);
	}

	forgetBefore(budgetId: string, window: number): boolean {
		run(this.#database, "DELETE FROM lines WHERE budget = ? AND window < ?", budgetId, window);
		const [left] = this.#database.sql.exec("SELECT 1 FROM lines WHERE budget = ? LIMIT 1", budgetId);
		return left !== undefined;
	}

	forgetAllBut(budgetIds: readonly string[]): void {
		const query = "DELETE FROM lines WHERE budget NOT IN (SELECT value FROM json_each(?))";
		run(this.#database, query, JSON.stringify(budgetIds));
		// A budget that is put back begins at nothing, so what jobs were charged before is not taken from it.
		const periods = `SELECT json_group_array(json(period.value)) FROM json_each(jobs.body, '$.periods') AS period
			WHERE period.value ->> 'budgetId' IN (SELECT value FROM json_each(?))`;
		const forget = `UPDATE jobs SET body = json_set(body, '$.periods', json((${periods}))) WHERE closed = 0`;
		run(this.#database, forget, JSON.stringify(budgetIds));
	}

	hasRecord(id: string): boolean {
		const [known] = this.#database.sql.exec("SELECT 1 AS known FROM records WHERE id = ?", id);
		return known !== undefined;
	}

	/**
	 * Forgets batches that no repetition can reach any more and that are in D1, expired holds whose settlement can come
	 * no more, and jobs that no provider works on any more; adjustments and write-offs stay. Looks at most once an hour.
	 * Returns in how many milliseconds it should be asked again, or null when there is nothing to forget.
	 */
	prune(now: number): number | null {
		if (now - this.#prunedAt >= PRUNE_MS) {
			this.#outbox.forget(now - KEPT_MS);
			run(this.#database, "DELETE FROM records WHERE kind = 'settlement' AND at < ?", now - KEPT_MS);
			run(this.#database, "DELETE FROM expired WHERE at < ?", now - LATE_TRUTH_MS);
			run(this.#database, "DELETE FROM jobs WHERE at < ?", now - MAX_JOB_MS);
			this.#prunedAt = now;
		}
		const [late] = this.#database.sql.exec("SELECT 1 FROM expired UNION ALL SELECT 1 FROM jobs LIMIT 1");
		if (!this.#outbox.isEmpty) return KEPT_MS;
		return late === undefined ? null : LATE_TRUTH_MS;
	}

	#owe(name: { sentAt: number; id: string | null; at: number }, entry: UsageEntry, alsoWrite: () => void): void {
		this.#outbox.add({ ...name, ...sizeOf(entry), body: JSON.stringify(entry) }, alsoWrite);
	}

	#apply({ periods, forgotten }: LedgerChange): void {
		const database = this.#database;
		for (const { ref, counters: c } of periods) {
			run(
				database,
				"INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
				ref.budgetId,
				ref.endUser,
				ref.window,
				c.allowed,
				c.credited,
				c.settled,
				c.overrun,
				c.forgiven,
				c.adjusted,
				c.granted,
				c.returned,
			);
		}
		for (const { budgetId, endUser, window } of forgotten) {
			run(database, "DELETE FROM lines WHERE budget = ? AND end_user = ? AND window = ?", budgetId, endUser, window);
		}
	}
}
