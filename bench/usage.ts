/**
 * How long questions about usage take: the production bundle on workerd, with roll-ups of 10 million requests of 30
 * days in its database, and the last rows of the log. `npm --prefix bench run usage` takes about a minute; `-- --keys
 * 500` spreads the same requests over more keys. Prints a table and writes it to `results/`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { median } from "./figures/statistics.ts";
import { processorTime, stopAll } from "./processes/processes.ts";
import { tollgate } from "./targets/targets.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const REQUESTS = 10_000_000;
const DAYS = 30;
/** Hours of a day in which each key is used, with two of five models in each. */
const HOURS = 16;
const LOG_ROWS = 500_000;
const ROUNDS = 25;
const keysAt = process.argv.indexOf("--keys");
const KEYS = keysAt === -1 ? 100 : Number(process.argv[keysAt + 1]);
const TEAMS = KEYS / 5;
const END = Math.floor(Date.now() / DAY_MS) * DAY_MS;

const directory = mkdtempSync(path.join(tmpdir(), "tollgate-usage-"));
process.on("exit", () => {
	stopAll();
	rmSync(directory, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

// No upstream is asked for anything.
const { admin, query, pid } = await tollgate("http://127.0.0.1:9", directory);
const rows = await fill();
const iso = (at: number): string => new Date(at).toISOString();
const month = `from=${iso(END - DAYS * DAY_MS)}&to=${iso(END)}`;
const week = `from=${iso(END - 7 * DAY_MS)}&to=${iso(END)}`;
const day = `from=${iso(END - DAY_MS)}&to=${iso(END)}`;
const QUESTIONS: readonly (readonly [name: string, route: string])[] = [
	["all, by day for a month", `/usage?interval=day&${month}`],
	["  the same with percentiles", `/usage?interval=day&percentiles=true&${month}`],
	["all, by hour for a day", `/usage?interval=hour&${day}`],
	["by team for a month", `/usage?group_by=team&${month}`],
	["  the same with percentiles", `/usage?group_by=team&percentiles=true&${month}`],
	["by key for a month", `/usage?group_by=key&${month}`],
	["by model for a month", `/usage?group_by=model&${month}`],
	["by model and day for a week", `/usage?group_by=model,day&${week}`],
	["a team by hour for a week", `/usage?team_id=team_7&interval=hour&${week}`],
	["a team by key for a month", `/usage?team_id=team_7&group_by=key&${month}`],
	["a key by day for a month", `/usage?key_id=key_7&interval=day&${month}`],
	["the latest requests", `/requests?limit=100&from=${iso(END - 7 * DAY_MS)}`],
	["the latest requests of a key", `/requests?limit=100&key_id=key_7&${week}`],
	["the latest failures of a team", `/requests?limit=100&team_id=team_7&status=5xx&${week}`],
];

const results = [];
for (const [name, route] of QUESTIONS) {
	const { data } = await admin<{ data: unknown[] }>(route);
	for (let round = 0; round < 5; round++) await admin(route);
	const before = processorTime(pid);
	const times: number[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		const begin = performance.now();
		await admin(route);
		times.push(performance.now() - begin);
	}
	const processor = (processorTime(pid) - before) / ROUNDS;
	results.push({
		name,
		route,
		lines: data.length,
		milliseconds: median(times),
		longest: Math.max(...times),
		processor,
	});
}
const stored = { requests: REQUESTS, keys: KEYS, teams: TEAMS, ...rows };
console.log(JSON.stringify(stored));
console.log(
	`${"question".padEnd(42)}${"lines".padStart(6)}${"median ms".padStart(11)}${"longest".padStart(9)}${"cpu ms".padStart(8)}`,
);
for (const { name, lines, milliseconds, longest, processor } of results) {
	console.log(
		name.padEnd(42) +
			String(lines).padStart(6) +
			milliseconds.toFixed(1).padStart(11) +
			longest.toFixed(1).padStart(9) +
			processor.toFixed(1).padStart(8),
	);
}
const out = path.join(import.meta.dirname, "results");
mkdirSync(out, { recursive: true });
writeFileSync(
	path.join(out, `usage-${Date.now()}.json`),
	JSON.stringify({ cpu: cpus()[0]?.model, stored, results }, null, "\t"),
);
process.exit(0);

/** A column of a table, and what is put into it, in SQL. */
type Column = readonly [name: string, value: string];

/** How many rows a table has, as D1 answers it: by name, or in arrays. */
interface Counted {
	readonly results: readonly [{ readonly rows: number }] | { readonly rows: readonly [readonly [number]] };
}

/** Makes the roll-ups and the log in the database itself. Returns how many rows there are. */
async function fill(): Promise<{ hourly: number; daily: number; log: number }> {
	const hourly = KEYS * DAYS * HOURS * 2;
	const perRow = Math.ceil(REQUESTS / hourly);
	const buckets = (name: string) =>
		Array.from(
			{ length: 32 },
			(_, bucket): Column => [
				`${name}_${String(bucket).padStart(2, "0")}`,
				// A dozen of the buckets are in use.
				bucket >= 8 && bucket < 20 ? `abs(random()) % ${Math.ceil(perRow / 6)}` : "0",
			],
		);
	const columns: Column[] = [
		[
			"period",
			`${END - DAYS * DAY_MS} + (i / ${KEYS * 2 * HOURS}) * ${DAY_MS} + (i / ${KEYS * 2} % ${HOURS}) * ${HOUR_MS}`,
		],
		["team_id", `'team_' || (i / 2 % ${KEYS} % ${TEAMS})`],
		["key_id", `'key_' || (i / 2 % ${KEYS})`],
		["app", "''"],
		["provider", "'provider_' || (i % 2)"],
		["model", `'model_' || ((i / ${KEYS * 2} + i) % 5)`],
		["requests", String(perRow)],
		["server_errors", "abs(random()) % 3"],
		["attempts", String(perRow)],
		["input_tokens", "abs(random()) % 200000"],
		["cached_input_tokens", "abs(random()) % 100000"],
		["output_tokens", "abs(random()) % 50000"],
		["cost", "abs(random()) % 1000000000"],
		...buckets("latency"),
		...buckets("ttft"),
	];
	const names = columns.map(([name]) => name);
	const counted = (most: number): string =>
		`WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${most - 1})`;
	await query(
		`${counted(hourly)} INSERT INTO usage_hourly (${names}) SELECT ${columns.map(([, value]) => value)} FROM n`,
	);
	await query(
		`INSERT INTO usage_daily (${names}) SELECT period / ${DAY_MS} * ${DAY_MS}, ${names.slice(1, 6)},
			${names.slice(6).map((name) => `sum(${name})`)} FROM usage_hourly GROUP BY 1, 2, 3, 4, 5, 6`,
	);
	const first = END - 7 * DAY_MS;
	const at = `(${first} + i * ${Math.floor((7 * DAY_MS) / LOG_ROWS)})`;
	await query(
		`${counted(LOG_ROWS)} INSERT INTO request_log (id, at, team_id, key_id, provider, model, status, input_tokens,
			cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost, estimated, latency_ms, attempts)
		SELECT 'req_' || substr(printf('%012x', ${at}), -12) || printf('%020x', i), ${at}, 'team_' || (i % ${KEYS} % ${TEAMS}),
			'key_' || (i % ${KEYS}), 'provider_0', 'model_0', iif(i % 100 = 7, 502, 200), 1000, 100, 0, 200, 0, 123456, 0, 900,
			'[{"attemptId":"a","provider":"provider_0","model":"model_0","credential":"default","simulated":false,"startedMs":2,"endedMs":900,"ttftMs":300,"end":"answered","fault":null,"upstreamStatus":200,"cost":123456,"estimated":false}]'
		FROM n`,
	);
	const count = async (table: string): Promise<number> => {
		const answer = await query<Counted | [Counted]>(`SELECT count(*) AS rows FROM ${table}`);
		const [{ results }] = Array.isArray(answer) ? answer : [answer];
		return "rows" in results ? results.rows[0][0] : results[0].rows;
	};
	return { hourly: await count("usage_hourly"), daily: await count("usage_daily"), log: await count("request_log") };
}
