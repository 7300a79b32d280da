import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { ProviderName } from "#core/ids";
import { fieldName } from "#core/usage/field-name";
import { columnsFrom, REQUEST_COLUMN_NAMES, REQUEST_COLUMNS, SQL_TYPES } from "#core/usage/request-columns";
import type { RequestRecord } from "#core/usage/request-record";
import { LATENCY_COLUMNS, ROLLUP_KEY, TTFT_COLUMNS, USAGE_FIGURES } from "#core/usage/rollup-columns";
import type { Env } from "#env";
import { findRequest } from "#store/usage/request-log";
import { requestId, requestRecord } from "#test/support/usage-records";
import { budget, KeyStub } from "#test/worker/money/key-stub";

// The tables of columns in the code against the migrated database: a column that only one of them has is a lost figure.

const bindings = env as unknown as Env;

/** D1 gives a table no more. */
const MAX_COLUMNS = 100;
/** Columns that are kept for what the gateway does not do yet. */
const RESERVED = ["cache_hits"];

/** By name, such as "INTEGER NOT NULL DEFAULT 0". */
async function columnsOf(table: string): Promise<Record<string, string>> {
	const query = `SELECT name, type || iif("notnull", ' NOT NULL', '') || coalesce(' DEFAULT ' || dflt_value, '') AS is_a
		FROM pragma_table_info(?)`;
	const { results } = await bindings.DB.prepare(query).bind(table).all<{ name: string; is_a: string }>();
	return Object.fromEntries(results.map(({ name, is_a }) => [name, is_a]));
}

test("the log of requests has the columns of its table, and may lack what only a request's record tells", async () => {
	const expected = REQUEST_COLUMN_NAMES.map((name) => {
		const { kind, source } = REQUEST_COLUMNS[name];
		return [name, source === "record" ? SQL_TYPES[kind] : `${SQL_TYPES[kind]} NOT NULL`];
	});
	const found = Object.entries(await columnsOf("request_log"));
	// A sum that a later migration adds has a default, which those of the first have not.
	const declared = found.map(([name, is]) => [name, is.replace(" DEFAULT 0", "")]);
	expect(Object.fromEntries(declared)).toEqual(Object.fromEntries(expected));
});

test.each(["usage_hourly", "usage_daily"])("%s has the columns of the roll-ups", async (table) => {
	const found = await columnsOf(table);
	const figures = [...USAGE_FIGURES, ...LATENCY_COLUMNS, ...TTFT_COLUMNS, ...RESERVED];
	expect(Object.keys(found).toSorted()).toEqual([...ROLLUP_KEY, ...figures].toSorted());
	expect(new Set(figures.map((name) => found[name]))).toEqual(new Set(["INTEGER NOT NULL DEFAULT 0"]));
	expect(Object.keys(found).length).toBeLessThanOrEqual(MAX_COLUMNS);
});

test("all that a request's record tells is read from the log as it was told", async () => {
	const key = await KeyStub.make({ budgets: [budget()] });
	const { keyId, teamId } = key.registration;
	const id = requestId(Date.now());
	const record: RequestRecord = requestRecord({
		requestId: id,
		at: Date.now(),
		keyId,
		teamId,
		stream: true,
		app: "an app",
		session: "a session",
		endUser: "an end user",
		metadata: { team: "blue" },
		requestedModel: "a name",
		alias: "an alias",
		strategy: "cheapest",
		candidates: [{ target: "openai/gpt-6", score: 0.5 }],
		excluded: [{ target: "gemini/gemini-3", reason: "context" }],
		provider: "openai" as ProviderName,
		model: "a model",
		status: 502,
		errorType: "server_error",
		errorCode: "a_code",
		latencyMs: 1_234,
		ttftMs: 321,
	});
	const batch = key.batch([await key.reserve(1_000, { attemptId: `${id}.1` })], 300);
	await key.stub.settle({ ...batch, requests: [record] });
	await key.stub.sweep();
	const logged = await findRequest(bindings.DB, id, null);
	const told = columnsFrom("record").map((name) => [name, record[fieldName(name)]] as const);
	expect(told.filter(([, value]) => value === null)).toEqual([]);
	expect(logged).toMatchObject(Object.fromEntries(told));
	expect(logged).toMatchObject({ id, at: record.at, team_id: teamId, key_id: keyId, cost: 300, estimated: false });
	expect(logged).toMatchObject({ input_tokens: 100, output_tokens: 20, attempts: [{ attemptId: `${id}.1` }] });
});
