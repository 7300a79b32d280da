// How marks of outboxes that moved long ago become one sum for each object, in parcels.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { foldMarks, RETENTION_ROWS } from "#store/usage/retention";
import { Database } from "./database";

const BEFORE = 1_000;
const NOW = 2_000;
const OBJECTS = 500;
const EPOCHS = 3;

interface Mark {
	readonly object: string;
	readonly epoch: number;
	readonly seq: number;
	readonly cost: number;
	readonly flushed_at: number;
}

let database: Database;
/** How many marks each call folded, those only that folded any. */
let folded: number[];
beforeEach(() => {
	database = new Database();
	folded = [];
	for (let object = 0; object < OBJECTS; object++) {
		const name = `key/${String(object).padStart(4, "0")}`;
		// Some were folded before, and the last epoch of every tenth still moves.
		if (object % 7 === 0) mark({ object: name, epoch: 0, seq: 100, cost: 1_000, flushed_at: 1 });
		for (let epoch = 1; epoch <= EPOCHS; epoch++) {
			const moves = epoch === EPOCHS && object % 10 === 0;
			mark({ object: name, epoch, seq: epoch, cost: 10 * epoch, flushed_at: moves ? NOW : epoch });
		}
	}
});
afterEach(() => database.close());

function mark({ object, epoch, seq, cost, flushed_at }: Mark): void {
	database.rows("INSERT INTO outbox_marks VALUES (?, ?, ?, ?, ?)", object, epoch, seq, cost, flushed_at);
}

const marks = () => database.rows<Mark>("SELECT * FROM outbox_marks ORDER BY object, epoch");
const past = () => marks().filter(({ epoch, flushed_at }) => epoch > 0 && flushed_at < BEFORE).length;
const sums = () =>
	database.rows("SELECT object, sum(seq) AS seq, sum(cost) AS cost FROM outbox_marks GROUP BY object ORDER BY object");

const counted = () =>
	database.binding(async (run) => {
		const before = past();
		const result = run();
		if (past() < before) folded.push(before - past());
		return result;
	});

describe("marks that moved long ago", () => {
	test("become one sum for each object, in parcels, and no figure changes", async () => {
		const before = sums();
		const all = past();
		await foldMarks(counted(), BEFORE, () => true);
		expect(sums()).toEqual(before);
		expect(past()).toBe(0);
		expect(folded.reduce((sum, parcel) => sum + parcel, 0)).toBe(all);
		expect(Math.max(...folded)).toBeLessThanOrEqual(RETENTION_ROWS);
		expect(folded).toHaveLength(Math.ceil(all / RETENTION_ROWS));
		expect(marks().filter(({ epoch }) => epoch > 0)).toHaveLength(OBJECTS / 10);
		expect(marks().slice(0, 2)).toEqual([
			{ object: "key/0000", epoch: 0, seq: 103, cost: 1_030, flushed_at: 2 },
			{ object: "key/0000", epoch: 3, seq: 3, cost: 30, flushed_at: NOW },
		]);
	});

	test("are left where the run's time is over, and the next run goes on", async () => {
		const before = sums();
		const all = past();
		let steps = 0;
		await foldMarks(counted(), BEFORE, () => steps++ < 1);
		expect(folded).toEqual([RETENTION_ROWS]);
		expect(past()).toBe(all - RETENTION_ROWS);
		expect(sums()).toEqual(before);
		await foldMarks(counted(), BEFORE, () => true);
		expect(past()).toBe(0);
		expect(sums()).toEqual(before);
	});
});
