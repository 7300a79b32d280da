// The tables of a key's object and what is stored in them. Steps are only ever appended.
import * as v from "valibot";
import { perLimit, RATE_LIMIT_NAMES } from "#core/budget/limits";
import type { KeyRegistration } from "#core/key/key";
import { type LimiterState, unusedRate } from "#durable-objects/api-key/reserve/limiter";
import { OUTBOX_STEPS, REFUSED_STEP } from "#durable-objects/shared/outbox-sql";
import { migrate, type SqlDatabase, SqlDocument } from "#durable-objects/shared/sql";
import { Integer, Millis } from "#store/d1/columns";
import { KeyRegistrationSchema } from "#store/keys/key-schemas";

const STEPS: readonly string[] = [
	// One row. The registration is JSON because the object never queries inside it.
	"CREATE TABLE registration (only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL) STRICT",
	// Keyed by what is asked for, so that a raise writes one row and no index beside it.
	`CREATE TABLE lines (
		budget TEXT NOT NULL, end_user TEXT NOT NULL, window INTEGER NOT NULL,
		allowed INTEGER NOT NULL, credited INTEGER NOT NULL, settled INTEGER NOT NULL, overrun INTEGER NOT NULL,
		forgiven INTEGER NOT NULL, adjusted INTEGER NOT NULL, granted INTEGER NOT NULL, returned INTEGER NOT NULL,
		PRIMARY KEY (budget, end_user, window)) STRICT, WITHOUT ROWID`,
	// What admins changed, and the names of batches whose parts were applied.
	`CREATE TABLE records (
		id TEXT PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID`,
	"CREATE TABLE limiter (only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL) STRICT",
	`CREATE TABLE claims (
		id TEXT PRIMARY KEY, body TEXT NOT NULL, request TEXT NOT NULL, at INTEGER NOT NULL, done INTEGER NOT NULL
	) STRICT, WITHOUT ROWID`,
	...OUTBOX_STEPS,
	// Holds that ran out and are in the books at their full amount, so that a late truth can take that back.
	`CREATE TABLE expired (
		attempt TEXT PRIMARY KEY, amount INTEGER NOT NULL, provider TEXT, model TEXT, at INTEGER NOT NULL
	) STRICT, WITHOUT ROWID`,
	REFUSED_STEP,
	// Jobs that are charged as estimated, and whether their true cost is booked.
	`CREATE TABLE jobs (
		id TEXT PRIMARY KEY, body TEXT NOT NULL, at INTEGER NOT NULL, closed INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
];

export function migrateKey(database: SqlDatabase): void {
	migrate(database, STEPS);
}

export function registrationIn(database: SqlDatabase): SqlDocument<KeyRegistration> {
	return new SqlDocument(database, "registration", KeyRegistrationSchema);
}

const RateSchema = v.object({ level: v.pipe(Integer, v.minValue(0)), at: Millis });

/** What the limiter remembers, with the running requests as pairs because JSON has no maps. */
export type LimiterSnapshot = Omit<LimiterState, "running"> & { readonly running: readonly [string, number][] };

/** A kind of limit that is younger than what is stored begins unused. */
const LimiterSchema: v.GenericSchema<unknown, LimiterSnapshot> = v.object({
	...perLimit(RATE_LIMIT_NAMES, () => v.optional(RateSchema, unusedRate)),
	running: v.array(v.tuple([v.string(), Millis])),
});

export function limiterIn(database: SqlDatabase): SqlDocument<LimiterSnapshot> {
	return new SqlDocument(database, "limiter", LimiterSchema);
}
