// Opens the files of a gateway that has ended: what its objects owe, and what D1 holds.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

/** An entry of a key's outbox, as its object stored it. */
export interface Entry {
	readonly epoch: number;
	readonly seq: number;
	readonly cost: number;
	readonly rows: readonly { readonly id: string; readonly cost: number; readonly status: number | null }[];
}

/** What one key's object keeps of what it owes. */
export interface StoredOutbox {
	readonly keyId: string;
	readonly entries: readonly Entry[];
	readonly acknowledged: { readonly epoch: number; readonly seq: number };
}

/** The files of a gateway that has ended: what its objects owe, and what is in D1. */
export class StoredUsage {
	readonly outboxes: readonly StoredOutbox[];
	readonly #d1: DatabaseSync;

	private constructor(outboxes: readonly StoredOutbox[], d1: DatabaseSync) {
		this.outboxes = outboxes;
		this.#d1 = d1;
	}

	static async open(state: string): Promise<StoredUsage> {
		const objects = await databases(path.join(state, "v3/do/tollgate-local-ApiKeyObject"), isOutbox);
		const [d1] = await databases(path.join(state, "v3/d1/miniflare-D1DatabaseObject"), isLog);
		if (d1 === undefined) throw new Error("there is no D1");
		const outboxes = objects.map(readOutbox);
		for (const object of objects) object.close();
		return new StoredUsage(outboxes, d1);
	}

	/** Rows of D1. */
	rows<T>(query: string, ...bindings: (string | number)[]): T[] {
		return this.#d1.prepare(query).all(...bindings) as T[];
	}

	close(): void {
		this.#d1.close();
	}
}

/** The databases of a directory that fit, open. */
export async function databases(directory: string, fits: (database: DatabaseSync) => boolean): Promise<DatabaseSync[]> {
	const files = (await readdir(directory)).filter((file) => file.endsWith(".sqlite"));
	return files.flatMap((file) => {
		const database = new DatabaseSync(path.join(directory, file));
		if (fits(database)) return [database];
		database.close();
		return [];
	});
}

function hasTable(database: DatabaseSync, table: string): boolean {
	return database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").all(table).length > 0;
}

function isOutbox(database: DatabaseSync): boolean {
	return hasTable(database, "outbox") && database.prepare("SELECT 1 FROM registration").all().length > 0;
}

function isLog(database: DatabaseSync): boolean {
	return hasTable(database, "request_log");
}

function readOutbox(database: DatabaseSync): StoredOutbox {
	const one = (query: string) => JSON.parse(String(database.prepare(query).get()?.body ?? "{}"));
	const rows = database.prepare("SELECT epoch, seq, cost, body FROM outbox ORDER BY epoch, seq").all();
	const entries = rows.map(({ epoch, seq, cost, body }) => {
		return { epoch: Number(epoch), seq: Number(seq), cost: Number(cost), rows: JSON.parse(String(body)).rows };
	});
	const { epoch = 0, seq = 0 } = one("SELECT body FROM outbox_mark");
	return { keyId: one("SELECT body FROM registration").keyId, entries, acknowledged: { epoch, seq } };
}
