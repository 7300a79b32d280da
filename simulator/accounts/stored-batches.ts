// What the simulated vendors' accounts keep of batches, in the simulator's own database.
import * as v from "valibot";

/** A batch as OpenAI shows it, and what it is made of. */
export interface KeptBatch {
	readonly id: string;
	readonly account: string;
	/** As it is shown, as JSON. */
	readonly shown: string;
	/** When it began, in milliseconds since the epoch. */
	readonly begunAt: number;
	/** Whether its lines were answered, or never will be. */
	readonly isOver: boolean;
}

/** How batches fare, as tests script it. */
export interface BatchPace {
	/** How long one takes, in milliseconds. */
	readonly ms: number;
	/** How many lines are answered before it expires; absent: all are. */
	readonly expireAfter?: number;
}

export const USUAL_PACE: BatchPace = { ms: 1_000 };

const Row = v.object({
	id: v.string(),
	account: v.string(),
	shown: v.string(),
	begun_at: v.number(),
	is_over: v.number(),
});

/** The batches of all accounts; an account sees its own alone. */
export class KeptBatches {
	readonly #sql: SqlStorage;

	constructor(sql: SqlStorage) {
		this.#sql = sql;
		sql.exec(`CREATE TABLE IF NOT EXISTS batches (
			id TEXT PRIMARY KEY, account TEXT NOT NULL, shown TEXT NOT NULL,
			begun_at INTEGER NOT NULL, is_over INTEGER NOT NULL) WITHOUT ROWID`);
	}

	write({ id, account, shown, begunAt, isOver }: KeptBatch): void {
		this.#sql.exec(
			"INSERT OR REPLACE INTO batches VALUES (?, ?, ?, ?, ?)",
			...[id, account, shown, begunAt, Number(isOver)],
		);
	}

	find(account: string, id: string): KeptBatch | null {
		return this.list(account).find((batch) => batch.id === id) ?? null;
	}

	/** Whether the caller is the one that ends the batch: its lines are answered once. */
	end(id: string): boolean {
		return this.#sql.exec("UPDATE batches SET is_over = 1 WHERE id = ? AND is_over = 0", id).rowsWritten > 0;
	}

	/** The newest first. */
	list(account: string): KeptBatch[] {
		return this.#sql
			.exec(
				"SELECT id, account, shown, begun_at, is_over FROM batches WHERE account = ? ORDER BY begun_at DESC",
				account,
			)
			.toArray()
			.map((row) => v.parse(Row, row))
			.map(({ begun_at: begunAt, is_over: isOver, ...row }) => ({ ...row, begunAt, isOver: isOver === 1 }));
	}
}
