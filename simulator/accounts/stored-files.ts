// What the simulated vendors' accounts keep of files, in the simulator's own database.
import * as v from "valibot";
import { joinedBytes } from "#lib/text-bytes";

/** A file as OpenAI shows it. Times in seconds since the epoch. */
export interface KeptFile {
	readonly id: string;
	readonly object: "file";
	readonly bytes: number;
	readonly created_at: number;
	readonly expires_at: number | null;
	readonly filename: string;
	readonly purpose: string;
	readonly status: "processed";
}

const Row = v.object({
	about: v.pipe(
		v.string(),
		v.parseJson(),
		v.custom<KeptFile>(() => true),
	),
});

/** The most bytes of a file that one row holds: the database takes no larger rows than two million. */
const CHUNK_BYTES = 1_000_000;

/** The files of all accounts; an account sees its own alone. */
export class KeptFiles {
	readonly #sql: SqlStorage;

	constructor(sql: SqlStorage) {
		this.#sql = sql;
		sql.exec(`CREATE TABLE IF NOT EXISTS files (
			account TEXT NOT NULL, id TEXT NOT NULL, about TEXT NOT NULL, PRIMARY KEY (account, id)) WITHOUT ROWID`);
		sql.exec(`CREATE TABLE IF NOT EXISTS file_chunks (
			id TEXT NOT NULL, at INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (id, at)) WITHOUT ROWID`);
	}

	keep(account: string, file: KeptFile, bytes: Uint8Array): void {
		this.#sql.exec("INSERT INTO files VALUES (?, ?, ?)", account, file.id, JSON.stringify(file));
		for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) {
			const chunk = bytes.slice(at, at + CHUNK_BYTES).buffer;
			this.#sql.exec("INSERT INTO file_chunks VALUES (?, ?, ?)", file.id, at, chunk);
		}
	}

	/** Null for what the account has not, or not any more; `now` is in milliseconds since the epoch. */
	find(account: string, id: string, now: number): KeptFile | null {
		const [row] = this.#sql.exec("SELECT about FROM files WHERE account = ? AND id = ?", account, id);
		if (row === undefined) return null;
		const { about } = v.parse(Row, row);
		return about.expires_at !== null && about.expires_at * 1000 <= now ? null : about;
	}

	content(id: string): Uint8Array {
		const chunks = this.#sql
			.exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM file_chunks WHERE id = ? ORDER BY at", id)
			.toArray()
			.map(({ bytes }) => new Uint8Array(bytes));
		return joinedBytes(chunks);
	}

	list(account: string, now: number): KeptFile[] {
		return this.#sql
			.exec("SELECT about FROM files WHERE account = ? ORDER BY id", account)
			.toArray()
			.map((row) => v.parse(Row, row).about)
			.filter(({ expires_at: end }) => end === null || end * 1000 > now);
	}

	forget(account: string, id: string): void {
		this.#sql.exec("DELETE FROM files WHERE account = ? AND id = ?", account, id);
		this.#sql.exec("DELETE FROM file_chunks WHERE id = ?", id);
	}
}
