// The tables of a provider's object, and its store on them. Steps are only ever appended.
import * as v from "valibot";
import type { ForceDecision } from "#core/health/circuits";
import type { CredentialId } from "#core/ids";
import type { CircuitTransition } from "#core/usage/history";
import type { History } from "#durable-objects/shared/history";
import { OUTBOX_STEPS, REFUSED_STEP } from "#durable-objects/shared/outbox-sql";
import { migrate, run, type SqlDatabase, SqlDocument } from "#durable-objects/shared/sql";
import type { Cell } from "./cell";
import type { CircuitChange, CircuitStore, KnownCell, StoredCircuits } from "./known-cells";
import type { Latency } from "./latency";

const STEPS: readonly string[] = [
	// An empty text stands for a null of the reference. The body is JSON because the object never queries inside it.
	`CREATE TABLE cells (
		credential TEXT NOT NULL, model TEXT NOT NULL, body TEXT NOT NULL,
		PRIMARY KEY (credential, model)) STRICT, WITHOUT ROWID`,
	"CREATE TABLE decisions (only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL) STRICT",
	"CREATE TABLE clock (only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL) STRICT",
	...OUTBOX_STEPS,
	REFUSED_STEP,
];

const Texts = v.array(v.string());
const Amount = v.pipe(v.number(), v.minValue(0));
const Since = { since: v.number() };

const PhaseSchema = v.variant("state", [
	v.object({ state: v.literal("closed"), ...Since }),
	v.object({
		state: v.literal("open"),
		...Since,
		until: v.number(),
		downSince: v.number(),
		dead: v.boolean(),
		reason: v.string(),
		successes: Amount,
		trials: v.object({
			granted: Texts,
			pending: v.nullable(v.object({ id: v.string(), expiresAt: v.number() })),
			lastAt: v.number(),
		}),
	}),
	v.object({ state: v.literal("ramping"), ...Since, downSince: v.number() }),
]);

const BucketSchema = v.object({
	slot: v.number(),
	...{ ok: Amount, failed: Amount, throttled: Amount, slow: Amount },
	...{ keys: Texts, failedKeys: Texts, slowKeys: Texts },
	failures: v.array(v.object({ fingerprint: v.string(), at: v.number() })),
});

const CellSchema: v.GenericSchema<unknown, Cell> = v.object({
	phase: PhaseSchema,
	trips: Amount,
	streak: Amount,
	window: v.array(BucketSchema),
	successes: v.array(v.object({ keyId: v.string(), at: v.number() })),
	throttle: v.object({ until: v.number(), inARow: Amount }),
	countsFrom: v.number(),
});

const HalfMinuteSchema = v.object({ ...Since, ttft: v.array(Amount), tokens: Amount, streamMs: Amount });

const LatencySchema: v.GenericSchema<unknown, Latency> = v.object({
	peak: v.nullable(v.object({ ms: Amount, at: v.number() })),
	current: HalfMinuteSchema,
	previous: HalfMinuteSchema,
	usualP95Ms: v.nullable(Amount),
	cachedShare: v.nullable(Amount),
});

const CellRow = v.object({
	credential: v.string(),
	model: v.string(),
	body: v.pipe(v.string(), v.parseJson(), v.object({ cell: CellSchema, latency: LatencySchema, usedAt: v.number() })),
});

const Credential = v.pipe(
	v.string(),
	v.transform((id) => id as CredentialId),
);

const DecisionsSchema: v.GenericSchema<unknown, readonly ForceDecision[]> = v.array(
	v.object({
		cells: v.object({ credential: v.nullable(Credential), model: v.nullable(v.string()) }),
		state: v.picklist(["open", "closed", "observe"]),
		until: v.number(),
		author: v.string(),
		reason: v.string(),
		at: v.number(),
	}),
);

export function migrateProvider(database: SqlDatabase): void {
	migrate(database, STEPS);
}

/** Keeps a provider's cells in a migrated database. */
export class SqlCircuitStore implements CircuitStore {
	readonly #database: SqlDatabase;
	readonly #history: Pick<History<CircuitTransition>, "write">;
	readonly #decisions: SqlDocument<readonly ForceDecision[]>;
	readonly #clock: SqlDocument<number>;

	constructor(database: SqlDatabase, history: Pick<History<CircuitTransition>, "write">) {
		this.#database = database;
		this.#history = history;
		this.#decisions = new SqlDocument(database, "decisions", DecisionsSchema);
		this.#clock = new SqlDocument(database, "clock", v.number());
	}

	/** Skips a cell that another release wrote and this one cannot read: it is learnt anew. */
	load(): StoredCircuits {
		const rows = [...this.#database.sql.exec("SELECT * FROM cells")];
		const cells = rows.flatMap((row): KnownCell[] => {
			const read = v.safeParse(CellRow, row);
			if (!read.success) return [];
			const { credential, model, body } = read.output;
			return [{ ref: { credential: (credential || null) as CredentialId | null, model: model || null }, ...body }];
		});
		return { cells, decisions: this.#decisions.read() ?? [], lastNow: this.#clock.read() ?? 0 };
	}

	write(change: CircuitChange): void {
		if (change.transitions.length > 0) this.#history.write(change.transitions, () => this.#apply(change));
		else this.#database.transactionSync(() => this.#apply(change));
	}

	#apply({ cells, forgotten, decisions, lastNow }: CircuitChange): void {
		const database = this.#database;
		for (const { ref, ...body } of cells) {
			const [credential, model] = [ref.credential ?? "", ref.model ?? ""];
			run(database, "INSERT OR REPLACE INTO cells VALUES (?, ?, ?)", credential, model, JSON.stringify(body));
		}
		for (const { credential, model } of forgotten) {
			run(database, "DELETE FROM cells WHERE credential = ? AND model = ?", credential ?? "", model ?? "");
		}
		if (decisions !== null) this.#decisions.write(decisions);
		this.#clock.write(lastNow);
	}
}
