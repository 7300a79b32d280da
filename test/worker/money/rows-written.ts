// Counts the rows that a piece of work writes in an object and in D1.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { Env } from "#env";
import type { KeyStub } from "./key-stub";

const bindings = env as unknown as Env;

/** Counts the rows that `work` writes in a key's object, and how often its alarm is set. */
export async function written(key: KeyStub, work: () => Promise<void>): Promise<{ rows: number; alarms: number }> {
	const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
	let alarms = 0;
	await runInDurableObject(key.stub, (_, { storage }) => {
		const { sql } = storage;
		const exec = sql.exec.bind(sql);
		Object.defineProperty(sql, "exec", {
			configurable: true,
			value: (query: string, ...bindings: unknown[]) => {
				const cursor = exec(query, ...bindings);
				cursors.push(cursor);
				return cursor;
			},
		});
		const setAlarm = storage.setAlarm.bind(storage);
		Object.defineProperty(storage, "setAlarm", {
			configurable: true,
			value: (at: number) => {
				alarms++;
				return setAlarm(at);
			},
		});
	});
	await work();
	return { rows: cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0), alarms };
}

/** Counts the rows that `work` writes in D1, by the table that each statement begins to write. */
export async function writtenInD1(work: () => Promise<void>): Promise<Record<string, number>> {
	const rows: Record<string, number> = {};
	const count = (query: string, result: D1Result): void => {
		const [, table = "other"] = /(?:INTO|FROM) (\w+)/.exec(query.replace(/^[\s\S]*?INSERT/, "INSERT")) ?? [];
		rows[table] = (rows[table] ?? 0) + result.meta.rows_written;
	};
	const database = Object.getPrototypeOf(bindings.DB) as D1Database;
	const { prepare, batch } = database;
	const queries = new WeakMap<D1PreparedStatement, string>();
	vi.spyOn(database, "prepare").mockImplementation(function (this: D1Database, query) {
		const statement = prepare.call(this, query);
		queries.set(statement, query);
		const { bind } = statement;
		statement.bind = (...values) => {
			const bound = bind.apply(statement, values);
			queries.set(bound, query);
			const { run } = bound;
			bound.run = async () => {
				const result = await run.call(bound);
				count(query, result);
				return result as never;
			};
			return bound;
		};
		return statement;
	});
	vi.spyOn(database, "batch").mockImplementation(async function (this: D1Database, statements) {
		const results = await batch.call(this, statements);
		for (const [index, statement] of statements.entries()) {
			const result = results[index];
			if (result !== undefined) count(queries.get(statement) ?? "", result);
		}
		return results as never;
	});
	try {
		await work();
	} finally {
		vi.restoreAllMocks();
	}
	return rows;
}
