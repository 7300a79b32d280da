// Waits until a gateway's objects owe D1 nothing, and reads what both say then.
import { expect } from "vitest";
import type { Gateway } from "./gateway";
import { budgetState, eventually, type Holder } from "./load";
import { type StoredOutbox, StoredUsage } from "./stored-usage";

/** What the log has in all. Costs are in nano-dollars. */
export interface Sums {
	readonly requests: number;
	readonly cost: number;
	/** Of the cost: of holds that ran out. */
	readonly expired: number;
	/** Of all attempts at each model, by `provider/model`. */
	readonly models: ReadonlyMap<string, number>;
}

/** Touches the keys until their objects owe nothing more, and compares all that is stored. Returns the sums. */
export async function drained(on: Gateway, keys: readonly Holder[], files: string): Promise<Sums> {
	await eventually(
		async () => {
			for (const key of keys) await budgetState(on, key);
			const stored = await StoredUsage.open(files);
			stored.close();
			return stored.outboxes.filter((outbox) => !isDrained(outbox)).map(({ keyId }) => keyId);
		},
		(owing) => owing.length === 0,
		60_000,
	);
	const stored = await StoredUsage.open(files);
	try {
		return compared(stored);
	} finally {
		stored.close();
	}
}

function isDrained({ entries, acknowledged: { epoch, seq } }: StoredOutbox): boolean {
	return entries.every((entry) => entry.epoch < epoch || (entry.epoch === epoch && entry.seq <= seq));
}

/** I5 on disk: each entry of every outbox is in D1 exactly once, and the roll-ups are the sum of the log. */
function compared(stored: StoredUsage): Sums {
	const requests = new Map<string, { cost: number; answers: number }>();
	for (const { keyId, entries } of stored.outboxes) {
		const last = new Map<number, number>();
		for (const { epoch, seq, rows } of entries) {
			expect(seq, `the numbers of ${keyId} have no gaps`).toBe((last.get(epoch) ?? 0) + 1);
			last.set(epoch, seq);
			for (const { id, cost, status } of rows) {
				const known = requests.get(id) ?? { cost: 0, answers: 0 };
				requests.set(id, { cost: known.cost + cost, answers: known.answers + (status === null ? 0 : 1) });
			}
		}
		const marks = stored.rows<{ epoch: number; seq: number }>(
			"SELECT epoch, seq FROM outbox_marks WHERE object = ? ORDER BY epoch",
			`key/${keyId}`,
		);
		expect(marks.map(({ epoch, seq }) => [epoch, seq])).toEqual([...last]);
	}
	const log = stored.rows<{ id: string; cost: number; status: number | null }>(
		"SELECT id, cost, status FROM request_log",
	);
	expect(log.length).toBe(requests.size);
	for (const { id, cost, status } of log) {
		expect({ id, cost, answers: status === null ? 0 : 1 }).toEqual({ id, ...requests.get(id) });
	}
	const sums = ["usage_hourly", "usage_daily"].map((table) => {
		const query = `SELECT sum(requests) AS requests, sum(cost) AS cost FROM ${table}`;
		const [all] = stored.rows<{ requests: number; cost: number }>(query);
		return { ...all };
	});
	const cost = log.reduce((sum, row) => sum + row.cost, 0);
	const answered = log.filter(({ status }) => status !== null).length;
	expect(sums).toEqual([
		{ requests: answered, cost },
		{ requests: answered, cost },
	]);
	const [{ expired } = { expired: 0 }] = stored.rows<{ expired: number }>(
		`SELECT coalesce(sum(value ->> 'cost'), 0) AS expired FROM request_log, json_each(attempts)
			WHERE value ->> 'why' IN ('expired', 'corrected')`,
	);
	const models = stored.rows<{ model: string; cost: number }>(
		`SELECT (value ->> 'provider') || '/' || (value ->> 'model') AS model, sum(value ->> 'cost') AS cost
			FROM request_log, json_each(attempts) GROUP BY 1`,
	);
	return { requests: answered, cost, expired, models: new Map(models.map((row) => [row.model, row.cost])) };
}
