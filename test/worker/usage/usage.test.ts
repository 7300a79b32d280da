import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { estimatedUsage } from "#core/chat/usage";
import type { KeyId, ProviderName, TeamId } from "#core/ids";
import { latencyBucket } from "#core/usage/latency-buckets";
import { UsageTally } from "#core/usage/usage-count";
import type { AttemptEntry, RequestRow } from "#core/usage/usage-entry";
import { rowOf } from "#durable-objects/api-key/usage/usage-entries";
import type { Env } from "#env";
import { flushUsage } from "#store/usage/usage-flush";
import { attemptRecord, requestId, requestRecord } from "#test/support/usage-records";
import { type Answer, admin, errorOf, type IssuedKey, issueKey, read } from "#test/worker/admin/admin-client";
import { send } from "#test/worker/gateway";

const bindings = env as unknown as Env;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The end of what is looked at: the start of a day that is over. */
const END = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const iso = (at: number) => new Date(at).toISOString();

/** What one hour of one group came to, with the latency of each of its requests. */
interface Hour {
	period: number;
	team_id: string;
	key_id: string;
	app: string;
	provider: string;
	model: string;
	requests: number;
	server_errors: number;
	quota_errors: number;
	input_tokens: number;
	cost: number;
	latencies: number[];
}

async function store(hours: readonly Hour[]): Promise<void> {
	const statements = ["usage_hourly", "usage_daily"].flatMap((table) =>
		hours.map(({ latencies, period, ...row }) => {
			const counts = new Map<string, number>();
			for (const ms of latencies) {
				const name = `latency_${String(latencyBucket(ms)).padStart(2, "0")}`;
				counts.set(name, (counts.get(name) ?? 0) + 1);
			}
			const start = table === "usage_daily" ? Math.floor(period / DAY_MS) * DAY_MS : period;
			const columns = { period: start, ...row, ...Object.fromEntries(counts) };
			const names = Object.keys(columns);
			const sums = names.slice(6).map((name) => `${name} = ${name} + excluded.${name}`);
			return bindings.DB.prepare(
				`INSERT INTO ${table} (${names}) VALUES (${names.map(() => "?")})
				ON CONFLICT (period, team_id, key_id, app, provider, model) DO UPDATE SET ${sums}`,
			).bind(...Object.values(columns));
		}),
	);
	await bindings.DB.batch(statements);
}

interface Line {
	period?: string;
	requests: number;
	errors: number;
	input_tokens: number;
	cost: string;
	latency_ms: Record<"p50" | "p95" | "p99", number | null>;
	[group: string]: unknown;
}

async function usage(query: string): Promise<{ data: Line[]; has_more: boolean; from: string; to: string }> {
	const answer = await admin("GET", `/usage?${query}`);
	if (answer.status !== 200) throw new Error(answer.text);
	return answer.body as never;
}

const nano = (usd: string) => Math.round(Number(usd) * 1e9);

const hours = fc.sample(
	fc.record<Hour>({
		period: fc.integer({ min: 1, max: 72 }).map((back) => END - back * HOUR_MS),
		team_id: fc.constantFrom("team_a", "team_b"),
		key_id: fc.constantFrom("key_1", "key_2"),
		app: fc.constantFrom("", "an app"),
		provider: fc.constantFrom("", "openai", "gemini"),
		model: fc.constantFrom("m1", "m2"),
		requests: fc.integer({ min: 1, max: 9 }),
		server_errors: fc.integer({ min: 0, max: 3 }),
		quota_errors: fc.integer({ min: 0, max: 3 }),
		input_tokens: fc.integer({ min: 0, max: 1e6 }),
		cost: fc.integer({ min: 0, max: 1e9 }),
		latencies: fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 9 }),
	}),
	{ numRuns: 60, seed: 7 },
);

beforeAll(async () => {
	await store(hours);
});

const WHOLE = `from=${iso(END - 3 * DAY_MS)}&to=${iso(END)}`;

describe("usage", () => {
	test.each([
		["hour", "period", HOUR_MS],
		["day", "period", DAY_MS],
	])("by %s is the sum of what is counted in each", async (interval, _, size) => {
		const { data } = await usage(`interval=${interval}&${WHOLE}`);
		const sums = new Map<string, { requests: number; cost: number; errors: number; tokens: number }>();
		for (const hour of hours) {
			const period = iso(Math.floor(hour.period / size) * size);
			const sum = sums.get(period) ?? { requests: 0, cost: 0, errors: 0, tokens: 0 };
			sum.requests += hour.requests;
			sum.cost += hour.cost;
			sum.errors += hour.server_errors + hour.quota_errors;
			sum.tokens += hour.input_tokens;
			sums.set(period, sum);
		}
		const found = data.map(({ period, requests, cost, errors, input_tokens }) => [
			period,
			{ requests, cost: nano(cost), errors, tokens: input_tokens },
		]);
		expect(Object.fromEntries(found)).toEqual(Object.fromEntries(sums));
		expect(data.map(({ period }) => period)).toEqual([...sums.keys()].sort());
	});

	test.each(["team", "key", "app", "provider", "model"] as const)("by %s, with the dearest first", async (group) => {
		const column = ({ team: "team_id", key: "key_id" } as Record<string, string>)[group] ?? group;
		const { data } = await usage(`group_by=${group}&${WHOLE}`);
		const costs = new Map<unknown, number>();
		for (const hour of hours) {
			const name = hour[column as keyof Hour] === "" ? null : hour[column as keyof Hour];
			costs.set(name, (costs.get(name) ?? 0) + hour.cost);
		}
		expect(new Map(data.map((line) => [line[column], nano(line.cost)]))).toEqual(costs);
		const order = data.map(({ cost }) => nano(cost));
		expect(order).toEqual(order.toSorted((a, b) => b - a));
	});

	test("over all, by both roll-ups, is the same sum", async () => {
		const total = hours.reduce((sum, { cost }) => sum + cost, 0);
		const daily = await usage(WHOLE);
		expect(daily.data.map(({ cost }) => nano(cost))).toEqual([total]);
		const first = await usage(`from=${iso(END - 2 * DAY_MS)}&to=${iso(END)}`);
		const second = await usage(`from=${iso(END - 3 * DAY_MS)}&to=${iso(END - 2 * DAY_MS)}`);
		expect([...first.data, ...second.data].reduce((sum, { cost }) => sum + nano(cost), 0)).toBe(total);
	});

	test("of one team, key, provider and model is theirs alone", async () => {
		const { data } = await usage(`team_id=team_a&key_id=key_1&provider=openai&model=m1&${WHOLE}`);
		const mine = hours.filter(
			(hour) =>
				hour.team_id === "team_a" && hour.key_id === "key_1" && hour.provider === "openai" && hour.model === "m1",
		);
		expect(data.map(({ cost }) => nano(cost))).toEqual([mine.reduce((sum, { cost }) => sum + cost, 0)]);
	});

	test("has percentiles that lie near the true ones, and none where nothing was timed", async () => {
		const { data } = await usage(WHOLE);
		const latencies = hours.flatMap((hour) => hour.latencies).toSorted((a, b) => a - b);
		for (const [name, share] of [
			["p50", 0.5],
			["p95", 0.95],
			["p99", 0.99],
		] as const) {
			const truth = latencies[Math.ceil(share * latencies.length) - 1] ?? 0;
			const told = data[0]?.latency_ms[name] ?? 0;
			expect(told / truth).toBeGreaterThan(1 / Math.SQRT2 - 0.01);
			expect(told / truth).toBeLessThan(Math.SQRT2 + 0.01);
		}
		expect(data[0]?.ttft_ms).toEqual({ p50: null, p95: null, p99: null });
		expect((await usage(`percentiles=false&${WHOLE}`)).data[0]).not.toHaveProperty("latency_ms");
	});

	test("of nothing is an empty list", async () => {
		expect((await usage(`team_id=nobody&${WHOLE}`)).data).toEqual([]);
		expect((await usage(`team_id=nobody&group_by=key,hour&${WHOLE}`)).data).toEqual([]);
	});

	test("says when there is more than it shows", async () => {
		const { data, has_more } = await usage(`interval=hour&limit=2&${WHOLE}`);
		expect({ lines: data.length, has_more }).toEqual({ lines: 2, has_more: true });
	});

	test.each([
		["", "PRIMARY KEY"],
		["team_id=team_a", "usage_daily_by_team"],
		["key_id=key_1", "usage_daily_by_key"],
		["team_id=team_a&interval=hour", "usage_hourly_by_team"],
		["interval=hour", "PRIMARY KEY"],
	])("of `%s` reads its roll-ups by an index, and never the log", async (query, index) => {
		const plan = await planOf(`/usage?group_by=model&${query}&${WHOLE}`, "usage_");
		expect(plan).toContain(index);
		expect(plan).not.toContain("request_log");
	});
});

describe("usage that only the log tells apart", () => {
	const team = "team_logged" as TeamId;
	/** Before what the other tests look at. */
	const last = END - 10 * DAY_MS;
	const oneOf = <const Value>(...values: Value[]) => fc.constantFrom(...values);
	const money = fc.integer({ min: -5_000, max: 1e6 });
	const tokens = fc.integer({ min: 0, max: 900 });
	const asked = fc.record({ provider: oneOf("openai", "gemini"), model: oneOf("m1", "m2") });
	const attempt = fc
		.record({ asked, cost: money, estimated: fc.boolean(), claimed: fc.boolean(), free: fc.boolean(), input: tokens })
		.map(({ asked: { provider, model }, cost, estimated, claimed, free, input }) =>
			attemptRecord({
				attemptId: "a",
				provider: provider as ProviderName,
				model,
				cost,
				estimated,
				usage: free
					? null
					: {
							...{ ...estimatedUsage(input, 7), cacheRead: 11, cacheDiscount: 17, cacheWriteHour: 3, reasoning: 5 },
							// What one vendor bills, another does not.
							...(input % 2 === 0
								? { images: { image: 2, tile: 8, step: 25 } }
								: { audio: { millisecond: 1_500, character: 40, byte: 41 } }),
						},
				...(claimed && { claim: { input: 1, output: 2, beyond: 33 } }),
				...(free && { unpriced: true as const }),
			}),
		);
	const charge = fc.record({
		attemptId: fc.constant("a.1"),
		provider: oneOf("openai" as ProviderName, null),
		model: oneOf("m1", null),
		cost: money,
		estimatedCost: money,
		why: oneOf("settled", "expired", "corrected"),
	});
	const request = fc.record({
		at: fc.integer({ min: last - 3 * DAY_MS, max: last - 1 }),
		keyId: oneOf("key_1" as KeyId, "key_2" as KeyId),
		app: oneOf(null, "an app"),
		endUser: oneOf(null, "ann", "bo"),
		metadata: oneOf({}, { project: "blue", 'odd "name"': "x" }, { project: "red" }),
		face: oneOf("chat", "messages", "embeddings"),
		asked: fc.option(asked),
		failed: oneOf(null, [499, null], [502, "server_error"], [429, "rate_limit_error"], [400, "invalid_request_error"]),
		attempts: fc.array(attempt, { maxLength: 3 }),
		charges: fc.array(charge, { maxLength: 2 }),
		known: fc.integer({ min: 0, max: 9 }).map((luck) => luck > 0),
	});
	const rows = fc.sample(request, { numRuns: 80, seed: 11 }).map((given): RequestRow => {
		const { asked: served, failed, charges, known, attempts, ...more } = given;
		const [status, errorType] = failed ?? [200, null];
		const record = requestRecord({
			...more,
			requestId: requestId(more.at),
			teamId: team,
			attempts,
			provider: (served?.provider as ProviderName | undefined) ?? null,
			model: served?.model ?? null,
			status,
			errorType,
		});
		const costs = new Map<string, { cost: number; estimated: boolean }>();
		const row = rowOf(record, costs as never);
		const entries: AttemptEntry[] = [...attempts, ...charges];
		const cost = entries.reduce((sum, one) => sum + one.cost, 0);
		return { ...row, ...(known ? {} : { status: null }), attempts: entries, cost };
	});

	beforeAll(async () => {
		const tally = new UsageTally();
		for (const row of rows) tally.add(row);
		const cost = rows.reduce((sum, row) => sum + row.cost, 0);
		await flushUsage(bindings.DB, "key/logged", 1, [{ seq: 1, cost, rows, counts: tally.counts }], last);
	});

	const span = `team_id=${team}&percentiles=false&from=${iso(last - 3 * DAY_MS)}&to=${iso(last)}`;
	/** What the roll-ups would say of some rows alone. */
	const sumsOf = (some: readonly RequestRow[]) => {
		const tally = new UsageTally();
		for (const row of some) tally.add(row);
		const sum = (name: "requests" | "attempts" | "inputTokens" | "cost" | "serverErrors" | "cancelled" | "expired") =>
			tally.counts.reduce((total, count) => total + count[name], 0);
		return [sum("requests"), sum("attempts"), sum("inputTokens"), sum("cost"), sum("cancelled"), sum("expired")];
	};
	const told = (line: Line) => [
		...[line.requests, line.attempts, line.input_tokens, nano(line.cost), line.cancelled, line.expired_holds],
	];

	test.each([
		["end_user", "end_user", ({ endUser }: RequestRow) => endUser],
		["operation", "operation", ({ face }: RequestRow) => (face === "messages" ? "chat" : face)],
		["tag&tag=project", "tag", ({ metadata }: RequestRow) => metadata?.project ?? null],
		["tag&tag=odd%20%22name%22", "tag", ({ metadata }: RequestRow) => metadata?.['odd "name"'] ?? null],
	])("by %s is what the requests of each add up to", async (groups, field, of) => {
		const { data } = await usage(`group_by=${groups}&${span}`);
		const expected = [...Map.groupBy(rows, of)].map(([name, some]) => [name, sumsOf(some)] as const);
		expect(new Map(data.map((line) => [line[field], told(line)]))).toEqual(new Map(expected));
	});

	test.each(["provider,model", "key,app", "day,provider", "team"])(
		"by operation and %s adds up to what the roll-ups say, figure by figure",
		async (groups) => {
			const whole = await usage(`group_by=${groups}&${span}`);
			const apart = await usage(`group_by=${groups},operation&${span}`);
			const places = ["period", "team_id", "key_id", "app", "provider", "model"];
			const placeOf = (line: Line) => places.map((name) => line[name]).join("/");
			const figures = Object.keys(whole.data[0] ?? {}).filter(
				(name) => !places.includes(name) && name !== "errors_by_type",
			);
			const added = [...Map.groupBy(apart.data, placeOf)].map(([place, lines]) => [
				place,
				figures.map((name) => lines.reduce((sum, line) => sum + Math.round(Number(line[name]) * 1e9), 0)),
			]);
			const expected = whole.data.map((line) => [
				placeOf(line),
				figures.map((name) => Math.round(Number(line[name]) * 1e9)),
			]);
			expect(figures).toHaveLength(22);
			expect(new Map(added as never)).toEqual(new Map(expected as never));
		},
	);

	test("of one end user, operation and label is theirs alone, and says how far back the log is kept", async () => {
		const answer = await admin(
			"GET",
			`/usage?end_user=ann&operation=chat&tag=project&tag_value=blue&group_by=team&${span}`,
		);
		const mine = rows.filter(
			({ endUser, face, metadata }) => endUser === "ann" && face !== "embeddings" && metadata?.project === "blue",
		);
		expect((answer.body.data as Line[]).map(told)).toEqual([sumsOf(mine)]);
		expect(answer.body.log_from).toBe(answer.body.from);
		expect((await admin("GET", `/usage?${span}`)).body.log_from).toBeNull();
		const from = `from=${iso(last - 3 * DAY_MS)}&to=${iso(last)}&limit=100`;
		const { body } = await admin("GET", `/requests?operation=chat&tag=project&tag_value=blue&${from}`);
		const labelled = rows.filter(({ face, metadata }) => face !== "embeddings" && metadata?.project === "blue");
		const ids = (body.data as { id: string }[]).map(({ id }) => id);
		expect(ids.toSorted()).toEqual(labelled.map(({ id }) => id).toSorted());
		const plan = await planOf(`/usage?group_by=end_user&${span}`, "(");
		expect(plan).toContain("request_log_by_team");
	});
});

/**
 * How the database goes about the query that an admin's question comes to; the last one on a table whose name begins
 * so.
 */
async function planOf(path: string, table: string): Promise<string> {
	const prepare = vi.spyOn(bindings.DB, "prepare");
	expect((await admin("GET", path)).status).toBe(200);
	const query = prepare.mock.calls.map(([sql]) => sql).findLast((sql) => sql.includes(`FROM ${table}`)) ?? "";
	prepare.mockRestore();
	const { results } = await bindings.DB.prepare(`EXPLAIN QUERY PLAN ${query}`)
		.bind(...[...query.matchAll(/\?/g)].map(() => 1))
		.all<{ detail: string }>();
	return results.map(({ detail }) => detail).join("; ");
}

const request = (id: string, fields: Record<string, unknown>) => {
	const row = {
		id,
		at: 0,
		team_id: "team_a",
		key_id: "key_1",
		provider: "openai",
		model: "m1",
		status: 200,
		input_tokens: 1,
		cached_input_tokens: 0,
		cache_write_tokens: 0,
		output_tokens: 1,
		reasoning_tokens: 0,
		cost: 5,
		estimated: 0,
		attempts: JSON.stringify([
			{ attemptId: `${id}.1`, provider: "openai", credential: "env", end: "answered", cost: 5 },
		]),
		...fields,
	};
	const names = Object.keys(row);
	return bindings.DB.prepare(`INSERT INTO request_log (${names}) VALUES (${names.map(() => "?")})`).bind(
		...Object.values(row),
	);
};

describe("requests", () => {
	let mine: IssuedKey;
	let other: IssuedKey;
	const idAt = (at: number, serial: number) =>
		`req_${at.toString(16).padStart(12, "0")}${serial.toString(16).padStart(20, "0")}`;
	const ids = Array.from({ length: 25 }, (_, serial) => idAt(END - HOUR_MS * (serial + 1), serial));

	beforeAll(async () => {
		mine = await issueKey();
		other = await issueKey();
		await bindings.DB.batch(
			ids.map((id, serial) =>
				request(id, {
					at: END - HOUR_MS * (serial + 1),
					key_id: serial % 2 === 0 ? mine.id : other.id,
					team_id: serial % 2 === 0 ? mine.teamId : other.teamId,
					status: [200, 429, 502][serial % 3],
					error_code: serial % 3 === 0 ? null : "some_code",
					error_type: serial % 3 === 0 ? null : "server_error",
					app: serial === 4 ? '=HYPERLINK("http://evil.example")' : null,
				}),
			),
		);
	});

	const listed = (answer: Answer) => (answer.body.data as { id: string }[]).map(({ id }) => id);
	const own = async (path: string, { key }: IssuedKey): Promise<Answer> =>
		read(await send(`http://localhost${path}`, { headers: { authorization: `Bearer ${key}` } }));

	test("are listed newest first, page by page", async () => {
		const from = iso(END - 3 * DAY_MS);
		const seen: string[] = [];
		for (let after = ""; ; ) {
			const page = await admin("GET", `/requests?from=${from}&limit=10${after}`);
			seen.push(...listed(page));
			if (page.body.has_more !== true) break;
			after = `&after=${page.body.next}`;
		}
		expect(seen).toEqual(ids);
	});

	test.each([
		["status=5xx", (serial: number) => serial % 3 === 2],
		["status=429", (serial: number) => serial % 3 === 1],
		["error_code=some_code", (serial: number) => serial % 3 !== 0],
		["status=failed", (serial: number) => serial % 3 !== 0],
		[`from=${iso(END - 5 * HOUR_MS)}`, (serial: number) => serial < 5],
		[`to=${iso(END - 5 * HOUR_MS)}`, (serial: number) => serial >= 5],
		["provider=gemini", () => false],
	])("are found by %s", async (query, matches) => {
		const answer = await admin("GET", `/requests?limit=100&${query}`);
		expect(listed(answer)).toEqual(ids.filter((_, serial) => matches(serial)));
	});

	test.each([
		"status=999",
		"status=teapot",
		"limit=0",
		"after=zzz",
		"colour=red",
		"format=xml",
		"from=2026-01-02&to=2026-01-01",
	])("are not listed by %s", async (query) => {
		expect((await admin("GET", `/requests?${query}`)).status).toBe(400);
	});

	test("are exported whole, in both formats, with nothing that a spreadsheet would run", async () => {
		const get = async (format: string) => {
			const response = await send(`http://localhost/admin/requests?format=${format}&from=${iso(END - 3 * DAY_MS)}`, {
				headers: { authorization: "Bearer tollgate-dev-admin" },
			});
			return {
				type: response.headers.get("content-type"),
				text: new TextDecoder().decode(await response.arrayBuffer()),
			};
		};
		const jsonl = await get("jsonl");
		expect(jsonl.type).toBe("application/jsonl");
		const lines = jsonl.text.trimEnd().split("\n");
		expect(lines.map((line) => JSON.parse(line).id)).toEqual(ids);
		const csv = await get("csv");
		expect(csv.text.trimEnd().split("\r\n")).toHaveLength(ids.length + 1);
		expect(csv.text).toContain(`"'=HYPERLINK(""http://evil.example"")"`);
	});

	test("are shown to their key's holder, and no other's", async () => {
		const answer = await own("/v1/requests?limit=100", mine);
		expect(listed(answer)).toEqual(ids.filter((_, serial) => serial % 2 === 0));
		expect(answer.text).not.toContain(other.id);
		expect((await own(`/v1/requests/${ids[0]}`, mine)).status).toBe(200);
		const foreign = await own(`/v1/requests/${ids[1]}`, mine);
		const absent = await own("/v1/requests/req_nothing", mine);
		expect([foreign.status, absent.status]).toEqual([404, 404]);
		expect(errorOf(foreign).code).toBe("request_not_found");
		for (const query of [`key_id=${other.id}`, `team_id=${other.teamId}`]) {
			expect((await own(`/v1/requests?${query}`, mine)).status).toBe(400);
			expect((await own(`/v1/usage?${query}`, mine)).status).toBe(400);
		}
	});

	test("show the admin which credential was used, and the holder not", async () => {
		const shown = await admin("GET", `/requests/${ids[0]}`);
		expect(shown.body.attempts).toMatchObject([{ credential: "env", provider: "openai" }]);
		expect((await own(`/v1/requests/${ids[0]}`, mine)).text).not.toContain("credential");
		expect((await admin("GET", "/requests/req_nothing")).status).toBe(404);
	});

	test.each([
		["", "PRIMARY KEY (id>? AND id<?)"],
		["status=5xx", "request_log_failed (id>? AND id<?)"],
		["team_id=t", "request_log_by_team (team_id=? AND id>? AND id<?)"],
		["key_id=k&provider=openai", "request_log_by_key (key_id=? AND id>? AND id<?)"],
	])("by `%s` are found by an index, in order, within a time", async (query, index) => {
		const plan = await planOf(`/requests?${query}`, "request_log");
		expect(plan).toContain(index);
		expect(plan).not.toContain("TEMP B-TREE");
	});
});

describe("a key's holder", () => {
	test("sees its own usage", async () => {
		const key = await issueKey();
		const row = {
			...(hours[0] as Hour),
			period: END - HOUR_MS,
			team_id: key.teamId,
			key_id: key.id,
			cost: 12_345,
			requests: 3,
		};
		await store([row]);
		const response = await send(`http://localhost/v1/usage?group_by=provider&${WHOLE}`, {
			headers: { authorization: `Bearer ${key.key}` },
		});
		expect((await response.json<{ data: object[] }>()).data).toMatchObject([{ cost: "0.000012345", requests: 3 }]);
	});

	test("sees its balance as clients of one-api ask for it", async () => {
		const get = async (key: IssuedKey, path: string) =>
			(await send(`http://localhost${path}`, { headers: { authorization: `Bearer ${key.key}` } })).json<
				Record<string, unknown>
			>();
		const free = await issueKey();
		const bound = await issueKey({
			budgets: [
				{ limit_usd: "20", window: "month" },
				{ limit_usd: "5", window: "day" },
			],
		});
		await store([
			{ ...(hours[0] as Hour), period: END - HOUR_MS, team_id: bound.teamId, key_id: bound.id, cost: 1_230_000_000 },
		]);
		expect(await get(free, "/v1/dashboard/billing/subscription")).toMatchObject({ hard_limit_usd: 100_000_000 });
		expect(await get(bound, "/dashboard/billing/subscription")).toMatchObject({ hard_limit_usd: 5 });
		expect(await get(bound, "/v1/dashboard/billing/usage")).toMatchObject({ total_usage: 0 });
		const dates = `start_date=${iso(END - DAY_MS).slice(0, 10)}&end_date=${iso(END + DAY_MS).slice(0, 10)}`;
		expect(await get(bound, `/v1/dashboard/billing/usage?${dates}`)).toMatchObject({ total_usage: 123 });
	});

	test("sees its balance and requests as clients of OpenRouter ask for them", async () => {
		const get = async (key: IssuedKey, path: string) =>
			(await send(`http://localhost/api/v1${path}`, { headers: { authorization: `Bearer ${key.key}` } })).json<{
				data: Record<string, unknown>;
			}>();
		const free = await issueKey();
		const bound = await issueKey({ name: "mine", budgets: [{ limit_usd: "5", window: "month" }] });
		const ago = (days: number, cost: number) => ({
			...(hours[0] as Hour),
			period: END - days * DAY_MS,
			team_id: bound.teamId,
			key_id: bound.id,
			cost,
		});
		await store([ago(0, 1_000_000_000), ago(1, 2_000_000_000), ago(400, 4_000_000_000)]);
		const { data } = await get(bound, "/key");
		expect(data).toMatchObject({ limit: 5, limit_remaining: 5, limit_reset: "monthly", usage: 7, usage_daily: 1 });
		expect(data.label).toContain("mine");
		const day = new Date(END);
		const inMonth = day.getUTCDate() === 1 ? 1 : 3;
		const inWeek = day.getUTCDay() === 1 ? 1 : 3;
		expect([data.usage_monthly, data.usage_weekly]).toEqual([inMonth, inWeek]);
		expect((await get(free, "/key")).data).toMatchObject({ limit: null, limit_remaining: null, usage: 0 });
		expect((await get(bound, "/credits")).data).toEqual({ total_credits: 5, total_usage: 0 });
		expect((await get(free, "/credits")).data).toEqual({ total_credits: 100_000_000, total_usage: 0 });

		const answer = await send("http://localhost/api/v1/chat/completions", {
			method: "POST",
			headers: { authorization: `Bearer ${bound.key}`, "content-type": "application/json" },
			body: JSON.stringify({ model: "gpt-4.1", messages: [{ role: "user", content: "Hi" }] }),
		});
		const { id, usage } = await answer.json<{ id: string; usage: { prompt_tokens: number; cost: number } }>();
		for (const name of [id, String(answer.headers.get("x-request-id"))]) {
			const found = await vi.waitFor(async () => {
				const body = await get(bound, `/generation?id=${name}`);
				if (body.data === undefined) throw new Error("not logged yet");
				return body.data;
			});
			expect(found).toMatchObject({
				id: name,
				model: "gpt-4.1",
				provider_name: "openai",
				tokens_prompt: usage.prompt_tokens,
				total_cost: usage.cost,
				streamed: false,
			});
		}
		const headers = { authorization: `Bearer ${free.key}` };
		for (const query of [`?id=${id}`, "?id=gen-1", ""]) {
			const refused = await send(`http://localhost/api/v1/generation${query}`, { headers });
			const { error } = await refused.json<{ error: { code: string } }>();
			const expected = query === "" ? [400, "invalid_request"] : [404, "request_not_found"];
			expect([refused.status, error.code], query).toEqual(expected);
		}
	});
});
