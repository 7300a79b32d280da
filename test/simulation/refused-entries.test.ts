import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { EndedBatch } from "#core/key-object/settlement";
import { Outbox, type OutboxShipper } from "#durable-objects/shared/outbox";
import { LESSER_FORMS } from "#durable-objects/shared/outbox-caution";
import { OUTBOX_STEPS, REFUSED_STEP, SqlOutbox } from "#durable-objects/shared/outbox-sql";
import { migrate } from "#durable-objects/shared/sql";
import { cases } from "#test/support/scale";
import { requestId } from "#test/support/usage-records";
import type { Refuses, Value } from "./database";
import { Disk } from "./disk";
import { batch, HONEST, hold, KEY, Life, START } from "./life";

/** D1's limit of a bound value. */
const D1_BYTES = 2_000_000;

const bytesOf = (values: readonly Value[]): number =>
	Math.max(...values.map((value) => new TextEncoder().encode(String(value)).byteLength));

let life: Life | null = null;
afterEach(() => {
	life?.close();
	life = null;
});

/** A batch that ends one request, whose record is changed by `more`. */
async function ended(one: Life, id: string, more: object): Promise<EndedBatch> {
	const token = await hold(one, `${requestId(one.now)}.1`);
	const whole = batch(id, one.now, [token], 100);
	return { ...whole, requests: (whole.requests ?? []).map((request) => ({ ...request, ...more })) };
}

interface RefusedRow {
	seq: number;
	cost: number;
	form: string;
	reason: string;
}

const logged = (one: Life) =>
	one.database.rows<{ session: string | null; cost: number; team_id: string }>(
		"SELECT session, cost, team_id FROM request_log ORDER BY session",
	);
const refusals = (one: Life) =>
	one.database.rows<RefusedRow>("SELECT seq, cost, form, reason FROM refused_entries ORDER BY seq");

test("labels of three bytes a character are shipped in parcels that D1 takes", async () => {
	let largest = 0;
	const one = new Life(null, HONEST, (values) => {
		const bytes = bytesOf(values);
		largest = Math.max(largest, bytes);
		return bytes > D1_BYTES;
	});
	life = one;
	const metadata = Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`标签${n}`, "价".repeat(256)]));
	for (let n = 0; n < 200; n++) one.teller.settle(await ended(one, `batch ${n}`, { metadata }));
	expect((await one.teller.sweep()).weight).toBe(0);
	expect(logged(one)).toHaveLength(200);
	expect(refusals(one)).toEqual([]);
	expect(largest).toBeGreaterThan(900_000);
	expect(largest).toBeLessThan(1_100_000);
	one.books.check(one.database);
});

describe("an entry that D1 refuses alone is set aside, and what came after it goes on", () => {
	/** Ships what is owed by alarms alone; then the object counts as D1 does, and keeps the entry. */
	async function shipped(refuses: Refuses): Promise<Life> {
		const one = new Life(null, HONEST, refuses);
		life = one;
		for (const session of ["a", "b", "poison", "c", "d"]) one.teller.settle(await ended(one, session, { session }));
		for (let seconds = 0; seconds < 7_200; seconds += 30) await one.pass(30_000);
		const swept = await one.teller.sweep();
		expect(swept).toMatchObject({ weight: 0, acknowledged: { entries: 5, cost: 500 } });
		const [marked] = one.database.rows("SELECT sum(seq) AS entries, sum(cost) AS cost FROM outbox_marks");
		expect(marked).toEqual({ entries: 5, cost: 500 });
		const kept = one.disk.rows("SELECT seq, weight, cost, body FROM refused");
		expect(kept).toMatchObject([{ seq: 3, weight: 1, cost: 100 }]);
		expect(JSON.parse(String(kept[0]?.body))).toMatchObject({ rows: [{ session: "poison", cost: 100 }] });
		return one;
	}

	const holds =
		(...words: string[]): Refuses =>
		(values) =>
			words.some((word) => values.some((value) => String(value).includes(word)));

	test("without its labels", async () => {
		const one = await shipped(holds('"session":"poison"'));
		expect(refusals(one)).toEqual([{ seq: 3, cost: 100, form: "unlabelled", reason: "SQLITE_TOOBIG" }]);
		expect(logged(one).map(({ session }) => session)).toEqual([null, "a", "b", "c", "d"]);
		// Requests, tokens and costs are all there.
		one.books.check(one.database);
	});

	test("as its charge alone, when the rest of it is refused as well", async () => {
		let poison = "";
		const one = await shipped((values) => {
			const text = values.map(String).join();
			poison ||= /"id":"(req_[0-9a-f]+)"/.exec(text.slice(text.lastIndexOf("{", text.indexOf('"poison"'))))?.[1] ?? "";
			return text.includes('"poison"') || (poison !== "" && text.includes(poison));
		});
		expect(refusals(one)).toMatchObject([{ seq: 3, form: "charge" }]);
		expect(logged(one)[0]).toEqual({ session: null, cost: 100, team_id: "team_1" });
		for (const table of ["request_log", "usage_hourly", "usage_daily"]) {
			expect(one.database.rows(`SELECT sum(cost) AS cost FROM ${table} WHERE key_id = ?`, KEY)).toEqual([
				{ cost: 500 },
			]);
		}
	});

	test("by its number alone, when D1 takes nothing of it; then the books show the difference", async () => {
		const ofThird = (values: readonly Value[]) => values.some((value) => /"seq":3\b/.test(String(value)));
		const isPassedOver = (values: readonly Value[]) => values.includes("nothing");
		const one = await shipped((values) => ofThird(values) && !isPassedOver(values));
		expect(refusals(one)).toMatchObject([{ seq: 3, form: "nothing" }]);
		expect(one.database.rows("SELECT sum(cost) AS cost FROM usage_daily")).toEqual([{ cost: 400 }]);
	});

	test("also when it cannot even be read", async () => {
		const one = new Life(null);
		life = one;
		for (const session of ["a", "poison", "c"]) one.teller.settle(await ended(one, session, { session }));
		one.disk.rows("UPDATE outbox SET body = 'not JSON' WHERE seq = 2");
		one.restart();
		for (let seconds = 0; seconds < 3_600; seconds += 30) await one.pass(30_000);
		expect((await one.teller.sweep()).weight).toBe(0);
		expect(refusals(one)).toEqual([{ seq: 2, cost: 100, form: "charge", reason: "ValiError" }]);
		expect(one.database.rows("SELECT sum(cost) AS cost FROM usage_hourly")).toEqual([{ cost: 300 }]);
	});
});

/**
 * What a script of D1's state and of entries comes to. `lesser`: the first form in which D1 takes an entry; 0 is whole.
 */
interface Course {
	readonly entries: readonly { readonly lesser: 0 | 1 | 2 | 3; readonly weight: number; readonly letters: number }[];
	/** By half minute: it answers nothing at all, it takes notes only, or all is well. */
	readonly states: readonly ("out" | "notes" | "up")[];
}

const course: fc.Arbitrary<Course> = fc.record({
	entries: fc.array(
		fc.record({
			lesser: fc.oneof(
				{ weight: 5, arbitrary: fc.constant(0 as const) },
				fc.constantFrom(1 as const, 2 as const, 3 as const),
			),
			weight: fc.integer({ min: 1, max: 300 }),
			letters: fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 100 }) }, fc.integer({ min: 100_000, max: 400_000 })),
		}),
		{ minLength: 1, maxLength: 12 },
	),
	states: fc.array(fc.constantFrom("out" as const, "notes" as const, "up" as const), { maxLength: 40 }),
});

test("each entry is in D1 once, as whole as D1 takes it, in the end; an outage costs none of them anything", async () => {
	await fc.assert(
		fc.asyncProperty(course, async ({ entries, states }) => {
			const disk = new Disk();
			const view = disk.view(
				() => {},
				(write) => write(),
			);
			migrate(view, [...OUTBOX_STEPS, REFUSED_STEP]);
			let now = START;
			let state: Course["states"][number] = "up";
			const taken = new Map<number, number>();
			const take = (seq: number, form: number): void => {
				expect(taken.has(seq)).toBe(false);
				expect(seq).toBe(taken.size + 1);
				taken.set(seq, form);
			};
			const lesserOf = (seq: number): number => entries[seq - 1]?.lesser ?? 0;
			const carrier: OutboxShipper = {
				ship: async (parcel) => {
					const bytes = bytesOf([parcel.entries.map(({ body }) => body).join()]);
					if (parcel.entries.length > 1) expect(bytes).toBeLessThan(D1_BYTES / 2 + 100);
					if (state !== "up" || bytes > D1_BYTES) throw new Error("it failed");
					if (parcel.entries.some(({ place }) => lesserOf(place.seq) > 0)) throw new Error("it is refused");
					for (const { place } of parcel.entries) take(place.seq, 0);
				},
				shipRefused: async ({ place }, form) => {
					const rank = LESSER_FORMS.indexOf(form) + 1;
					if (state !== "up" || rank < lesserOf(place.seq)) throw new Error("it failed");
					take(place.seq, rank);
				},
				markDirty: async () => {
					if (state === "out") throw new Error("it failed");
				},
			};
			const stored = new SqlOutbox(
				view,
				() => now,
				() => 0.5,
			);
			const outbox = new Outbox(
				stored,
				carrier,
				() => now,
				() => 0.5,
			);
			for (const { weight, letters } of entries) {
				stored.add({ sentAt: now, id: null, at: now, weight, cost: 7, body: "价".repeat(letters) });
				outbox.noted();
			}
			const pass = async (): Promise<void> => {
				now += 30_000;
				if ((outbox.dueAt ?? Number.POSITIVE_INFINITY) <= now) await outbox.flush();
			};
			for (const next of states) {
				state = next;
				await pass();
			}
			state = "up";
			for (let n = 0; n < 2_000 && outbox.backlog.weight > 0; n++) await pass();
			expect(outbox.backlog.weight).toBe(0);
			expect([...taken.values()]).toEqual(entries.map(({ lesser }) => lesser));
			expect(stored.acknowledged).toMatchObject({ entries: entries.length, cost: 7 * entries.length });
			const kept = disk.rows("SELECT seq FROM refused ORDER BY seq").map(({ seq }) => seq);
			expect(kept).toEqual([...taken].filter(([, form]) => form > 0).map(([seq]) => seq));
			disk.close();
		}),
		{ numRuns: cases(30) },
	);
});
