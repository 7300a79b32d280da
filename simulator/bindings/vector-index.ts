// The index behind the stand-in for Vectorize: what it stores, and when a change can be seen.
import { DurableObject } from "cloudflare:workers";
import * as v from "valibot";
import { isObject } from "#lib/json";
import {
	cosine,
	passes,
	type Query,
	readBatch,
	readIds,
	readQuery,
	readValues,
	type Vector,
	VectorError,
} from "./vectors";

/** Milliseconds until a change can be seen, as in the real index, where it takes seconds. */
export const MUTATION_LAG_MS = 500;

export interface Match {
	id: string;
	score: number;
	values?: number[];
	namespace?: string;
	metadata?: Record<string, VectorizeVectorMetadata>;
}
export interface Matches {
	count: number;
	matches: Match[];
}

const StoredVector = v.object({
	id: v.string(),
	namespace: v.string(),
	values: v.array(v.number()),
	metadata: v.nullable(v.custom<Record<string, VectorizeVectorMetadata>>(isObject)),
});
type StoredVector = v.InferOutput<typeof StoredVector>;
type Change =
	| { readonly kind: "insert" | "upsert"; readonly vectors: readonly Vector[] }
	| { readonly kind: "delete"; readonly ids: readonly string[] };

/**
 * The index behind the stand-in. Changes wait in a queue until they are due; every call says what time it is, in
 * milliseconds since the epoch, so that tests need not wait.
 */
export class VectorIndex extends DurableObject<unknown> {
	readonly #sql: SqlStorage;

	constructor(ctx: DurableObjectState, env: unknown) {
		super(ctx, env);
		this.#sql = ctx.storage.sql;
		this.#sql.exec(`CREATE TABLE IF NOT EXISTS vectors (id TEXT PRIMARY KEY, vector TEXT NOT NULL) WITHOUT ROWID`);
		this.#sql.exec(`CREATE TABLE IF NOT EXISTS changes (
			seq INTEGER PRIMARY KEY AUTOINCREMENT, mutation TEXT NOT NULL, due INTEGER NOT NULL, change TEXT NOT NULL)`);
		this.#sql.exec(`CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`);
	}

	describe(now: number) {
		this.#apply(now);
		const [count] = this.#sql.exec<{ count: number }>("SELECT count(*) AS count FROM vectors").toArray();
		return {
			vectorCount: count?.count ?? 0,
			dimensions: this.#dimensions() ?? 0,
			processedUpToDatetime: this.#fact("processed_at"),
			processedUpToMutation: this.#fact("processed"),
		};
	}

	change(kind: "insert" | "upsert", vectors: unknown, now: number): { mutationId: string } {
		const operation = kind === "insert" ? "INSERT" : "UPSERT";
		const batch = readBatch(vectors, operation);
		const expected = this.#dimensions() ?? batch[0]?.values.length ?? 0;
		const wrong = batch.find((vector) => vector.values.length !== expected);
		if (wrong !== undefined) {
			throw new VectorError(
				operation,
				40012,
				`invalid vector for id="${wrong.id}", expected ${expected} dimensions, and got ${wrong.values.length} dimensions`,
			);
		}
		this.#setFact("dimensions", String(expected));
		return this.#enqueue({ kind, vectors: batch }, now);
	}

	delete(ids: unknown, now: number): { mutationId: string } {
		return this.#enqueue({ kind: "delete", ids: readIds(ids, "DELETE") }, now);
	}

	query(vector: unknown, options: unknown, now: number): Matches {
		const query = readQuery(options);
		const values = readValues(vector);
		const expected = this.#dimensions();
		if (expected !== null && values.length !== expected) {
			throw new VectorError(
				"QUERY",
				40006,
				`vector dimension mismatch, expected ${expected} dimensions, and got ${values.length} dimensions`,
			);
		}
		this.#apply(now);
		return this.#nearest(values, query);
	}

	queryById(id: unknown, options: unknown, now: number): Matches {
		const query = readQuery(options);
		this.#apply(now);
		const [vector] = this.#get(readIds([id], "GET"));
		if (vector === undefined) throw new VectorError("QUERY", 40027, `vector not found for id="${String(id)}"`);
		return this.#nearest(vector.values, query);
	}

	getByIds(ids: unknown, now: number): Omit<Match, "score">[] {
		const wanted = readIds(ids, "GET");
		this.#apply(now);
		return this.#get(wanted).map((vector) => shown(vector, true, "all"));
	}

	#nearest(values: readonly number[], query: Query): Matches {
		const { topK, namespace, filter, returnValues, returnMetadata } = query;
		const matches = this.#all()
			.filter((vector) => namespace === undefined || vector.namespace === namespace)
			.filter((vector) => filter === undefined || passes(vector.metadata ?? {}, filter))
			.map((vector) => ({ vector, score: cosine(values, vector.values) }))
			.sort((a, b) => b.score - a.score)
			.slice(0, topK)
			.map(({ vector, score }) => ({ ...shown(vector, returnValues, returnMetadata), score }));
		return { count: matches.length, matches };
	}

	#enqueue(change: Change, now: number): { mutationId: string } {
		const mutationId = crypto.randomUUID();
		this.#sql.exec(
			"INSERT INTO changes (mutation, due, change) VALUES (?, ?, ?)",
			mutationId,
			now + MUTATION_LAG_MS,
			JSON.stringify(change),
		);
		return { mutationId };
	}

	/** Carries out, in order, the changes that are due. */
	#apply(now: number): void {
		const due = this.#sql
			.exec<{ seq: number; mutation: string; due: number; change: string }>(
				"SELECT * FROM changes WHERE due <= ? ORDER BY seq",
				now,
			)
			.toArray();
		for (const row of due) {
			const change = JSON.parse(row.change) as Change;
			if (change.kind === "delete") for (const id of change.ids) this.#sql.exec("DELETE FROM vectors WHERE id = ?", id);
			else for (const vector of change.vectors) this.#store(vector, change.kind);
			this.#setFact("processed", row.mutation);
			this.#setFact("processed_at", new Date(row.due).toISOString());
			this.#sql.exec("DELETE FROM changes WHERE seq = ?", row.seq);
		}
	}

	#store(vector: Vector, kind: "insert" | "upsert"): void {
		const stored: StoredVector = {
			id: vector.id,
			namespace: vector.namespace ?? "",
			values: [...new Float32Array(vector.values)],
			metadata: vector.metadata ?? null,
		};
		this.#sql.exec(
			`INSERT ${kind === "insert" ? "OR IGNORE" : "OR REPLACE"} INTO vectors VALUES (?, ?)`,
			stored.id,
			JSON.stringify(stored),
		);
	}

	#all(): StoredVector[] {
		return this.#sql.exec<{ vector: string }>("SELECT vector FROM vectors ORDER BY id").toArray().map(parsed);
	}

	#get(ids: readonly string[]): StoredVector[] {
		return ids.flatMap((id) =>
			this.#sql.exec<{ vector: string }>("SELECT vector FROM vectors WHERE id = ?", id).toArray().map(parsed),
		);
	}

	#dimensions(): number | null {
		const fact = this.#fact("dimensions");
		return fact === "" ? null : Number(fact);
	}

	#fact(name: string): string {
		const [row] = this.#sql.exec<{ value: string }>("SELECT value FROM facts WHERE name = ?", name).toArray();
		return row?.value ?? "";
	}

	#setFact(name: string, value: string): void {
		this.#sql.exec("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, value);
	}
}

function parsed(row: { vector: string }): StoredVector {
	return v.parse(StoredVector, JSON.parse(row.vector));
}

/**
 * A vector as far as the caller wants to see it. Indexed metadata is cut to what the index keeps: 64 bytes of a text.
 */
function shown(vector: StoredVector, withValues: boolean, metadata: Query["returnMetadata"]): Omit<Match, "score"> {
	const { id, namespace, values, metadata: all } = vector;
	const indexed =
		metadata === "indexed" && all !== null
			? Object.fromEntries(
					Object.entries(all).map(([key, value]) => [key, typeof value === "string" ? value.slice(0, 64) : value]),
				)
			: all;
	return {
		id,
		...(namespace === "" ? {} : { namespace }),
		...(withValues ? { values } : {}),
		...(metadata === "none" || indexed === null ? {} : { metadata: indexed }),
	};
}
