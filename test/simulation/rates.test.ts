import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Env } from "#env";
import { RECONCILED_A_RUN, reconcile } from "#jobs/reconcile";
import { type GoesOn, SHIFT_MS, shift } from "#jobs/shift";
import { PAYLOAD_OBJECTS } from "#store/usage/payloads";
import { forgetUsage, RETENTION_ROWS } from "#store/usage/retention";
import { pruneObjects } from "#store/usage/sealed-objects";
import { Database } from "./database";

const START = Date.UTC(2027, 4, 6, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Of the load that docs/operations.md promises for: 100 requests a second. */
const REQUESTS_A_MINUTE = 6_000;
/** How long one statement takes a D1 that is slow, and one call of R2, in milliseconds. */
const STATEMENT_MS = 500;
const R2_MS = 400;

let database: Database;
let now: number;
/** Statements that reached D1. */
let statements: number;
beforeEach(() => {
	database = new Database();
	now = START;
	statements = 0;
});
afterEach(() => database.close());

const taking = (ms: number): D1Database =>
	database.binding(async (run) => {
		statements++;
		now += ms;
		return run();
	});

/** Has a job run as the clock would, at the beginning of each of so many minutes. `look` is called after each run. */
async function everyMinute(
	minutes: number,
	work: (goesOn: GoesOn, due: number) => Promise<unknown>,
	look: (minute: number, ms: number) => void,
): Promise<void> {
	for (let minute = 0; minute < minutes; minute++) {
		const due = START + minute * MINUTE_MS;
		now = Math.max(now, due);
		const begin = now;
		await shift(
			taking(0),
			"job",
			String(minute),
			() => now,
			(goesOn) => work(goesOn, due),
		);
		look(minute, now - begin);
	}
}

describe("at 100 requests a second", () => {
	/** One row of the log for each request that arrived in a time. */
	function arrived(from: number, to: number): void {
		database.rows(
			`WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < ?2)
			INSERT INTO request_log (id, at, team_id, key_id, input_tokens, cached_input_tokens, cache_write_tokens,
				output_tokens, reasoning_tokens, cost, estimated, attempts)
			SELECT printf('req_%012x%020x', ?1 + n * 10, n), ?1 + n * 10, 'team_1', 'key_' || (n % 50), 1, 0, 0, 1, 0, 1, 0, '[]'
			FROM n`,
			from,
			(to - from) / 10,
		);
	}

	test("the log never holds what is older than it may be, and ten minutes that were missed are made good in ten", async () => {
		const missed = 10;
		// All that falls due while this runs.
		arrived(START - DAY_MS - missed * MINUTE_MS, START - DAY_MS + 20 * MINUTE_MS);
		const late: number[] = [];
		const perRun: number[] = [];
		await everyMinute(
			20,
			(goesOn, due) => {
				const before = { requests: due - DAY_MS, hours: 0, histories: 0 };
				return forgetUsage(taking(STATEMENT_MS), before, goesOn);
			},
			(minute, ms) => {
				const oldest = database.rows<{ at: number }>("SELECT min(at) AS at FROM request_log")[0]?.at ?? 0;
				late.push(Math.max(0, START + minute * MINUTE_MS - DAY_MS - oldest) / MINUTE_MS);
				perRun.push(statements);
				statements = 0;
				expect(ms).toBeLessThan(SHIFT_MS + STATEMENT_MS + 1);
			},
		);
		process.stdout.write(`retention: minutes late after each run: ${late.map((each) => each.toFixed(1)).join(" ")}\n`);
		expect(late.slice(0, 2).every((each) => each > 0)).toBe(true);
		expect(late.slice(missed)).toEqual(Array(10).fill(0));
		// Then a run takes the twelve statements that a minute comes to, one that finds less, five tables more, and its
		// lease.
		expect(Math.max(...perRun.slice(missed))).toBeLessThanOrEqual(REQUESTS_A_MINUTE / RETENTION_ROWS + 1 + 5 + 2);
	});

	test("payloads of all of them are forgotten as fast as they fall due", async () => {
		const days = (at: number): string => new Date(at).toISOString().slice(0, 10).replaceAll("-", "/");
		const paths: string[] = [];
		// A day falls due at once; three hours of it are enough to see the rate.
		for (let n = 0; n < 3 * 60 * REQUESTS_A_MINUTE; n++) {
			paths.push(`payloads/${days(START - 31 * DAY_MS)}/req_${String(n).padStart(32, "0")}`);
		}
		const kept = `payloads/${days(START - 30 * DAY_MS)}/req_kept`;
		paths.push(kept);
		let first = 0;
		const bucket = {
			list: async ({ limit }: { limit: number }) => {
				now += R2_MS;
				const keys = paths.slice(first, first + limit);
				return { objects: keys.map((key) => ({ key })), truncated: first + keys.length < paths.length };
			},
			delete: async (keys: string[]) => {
				now += R2_MS;
				// A million of them go: to compare them one by one by `toEqual` would take longer than all the rest.
				expect(keys.findIndex((key, index) => key !== paths[first + index])).toBe(-1);
				expect(keys.length).toBeLessThanOrEqual(1000);
				first += keys.length;
			},
		} as unknown as R2Bucket;
		let minutes = 0;
		await everyMinute(
			60,
			(goesOn) => pruneObjects(bucket, PAYLOAD_OBJECTS, START - 30 * DAY_MS, goesOn),
			(_, ms) => {
				expect(ms).toBeLessThan(SHIFT_MS + 2 * R2_MS + 1);
				if (first < paths.length - 1) minutes++;
			},
		);
		expect(paths.slice(first)).toEqual([kept]);
		process.stdout.write(`payloads: ${paths.length - 1} in ${minutes + 1} minutes\n`);
		expect(minutes).toBeLessThan(180 / 2);
	});

	test("every object of 5,000 keys is looked at within minutes, and again an hour later", async () => {
		const keys = 5_000;
		database.rows(
			`WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < ?1)
			INSERT INTO outbox_marks (object, epoch, seq, cost, flushed_at) SELECT 'key/key_' || n, 1, 7, 0, ?2 FROM n`,
			keys,
			START,
		);
		const objects = {
			getByName: () => ({
				sweep: async () => ({ weight: 0, oldestAt: null, acknowledged: { entries: 7, cost: 0 } }),
				budgetStatus: async () => ({ budgets: [] }),
			}),
		};
		// Five at a time take 60 ms each.
		const env = { DB: taking(60 / 5), API_KEYS: objects } as unknown as Env;
		const looked = (since: number): number =>
			Number(
				database.rows<{ objects: number }>(
					"SELECT count(DISTINCT object) AS objects FROM reconciliations WHERE at >= ? AND differs = 0",
					since,
				)[0]?.objects,
			);
		const after: number[] = [];
		await everyMinute(
			70,
			(goesOn, due) => {
				// All of them are in use.
				database.rows("UPDATE outbox_marks SET flushed_at = ?", due);
				return reconcile(env, due, goesOn);
			},
			(minute, ms) => {
				after.push(looked(START));
				expect(ms).toBeLessThan(SHIFT_MS + 1_000);
				if (minute === 69) expect(looked(START + HOUR_MS)).toBe(keys);
			},
		);
		expect(after[Math.ceil(keys / RECONCILED_A_RUN) - 1]).toBe(keys);
		expect(database.rows("SELECT 1 FROM reconciliations")).toHaveLength(2 * keys);
	}, 120_000);
});

test("a run leaves alone what another is at, and takes over from one that never came back", async () => {
	const db = taking(0);
	const ran: string[] = [];
	const run = (holder: string, work: () => Promise<unknown> = async () => {}) =>
		shift(
			db,
			"job",
			holder,
			() => now,
			() => {
				ran.push(holder);
				return work();
			},
		);
	await run("first", () => run("second"));
	await run("third", () =>
		shift(
			db,
			"another job",
			"third",
			() => now,
			async () => ran.push("beside"),
		),
	);
	expect(ran).toEqual(["first", "third", "beside"]);
	await expect(run("failing", () => Promise.reject(new Error("it failed")))).rejects.toThrow("it failed");
	await run("fourth", async () => {
		now += 179_000;
		await run("too early");
		now += 1_000;
		await run("heir");
	});
	expect(ran.slice(3)).toEqual(["failing", "fourth", "heir"]);
});
