import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import type { Env } from "#env";
import { newIsolateState } from "#gateway/isolate-state";
import { serve } from "#http/app";
import { makeKey } from "#http/auth/key-format";
import { issueKey, read } from "#test/worker/admin/admin-client";
import { ADMIN_TOKEN } from "#test/worker/gateway";

const bindings = env as unknown as Env;
/** As `wrangler.toml` has it. */
const FAILURES_OF_ADDRESS = 20;

const forged = () => makeKey(crypto.getRandomValues(new Uint8Array(32)));

/** An isolate whose look-ups of keys are counted, and that is asked from addresses. */
function isolate(at = () => Date.now()) {
	const state = newIsolateState({ clock: at, random: Math.random, newId: () => crypto.randomUUID() });
	const get = vi.fn((name: string) => bindings.KEY_RECORDS.get(name));
	const put = (...[name, value]: [string, string]) => bindings.KEY_RECORDS.put(name, value);
	const counted: Env = { ...bindings, KEY_RECORDS: { get, put } as unknown as KVNamespace };
	const ask = async (address: string, token: string, path = "/v1/models", body: string | null = null) => {
		const execution = createExecutionContext();
		const request = new Request(`http://gateway${path}`, {
			method: body === null ? "GET" : "POST",
			headers: { authorization: `Bearer ${token}`, "cf-connecting-ip": address },
			body,
		});
		const answer = await read(await serve(request, counted, execution, state));
		await waitOnExecutionContext(execution);
		return answer;
	};
	return { ask, get };
}

/**
 * The local binding counts by the minutes of the real clock. A failure in a run during which the minute turned says
 * nothing, so that the test runs once more, from addresses (`net` begins them) that nothing was counted of.
 */
function countedTest(name: string, run: (net: string) => Promise<void>): void {
	const minute = () => Math.floor(Date.now() / 60_000);
	test(name, async () => {
		const begun = minute();
		try {
			await run("192.0.2");
		} catch (error) {
			if (minute() === begun) throw error;
			await run("198.51.100");
		}
	}, 60_000);
}

countedTest(
	"forged keys from one address reach a store only so often, and known keys still work from there",
	async (net) => {
		const { key } = await issueKey();
		const { ask, get } = isolate();
		const address = `${net}.1`;
		expect((await ask(address, key)).status).toBe(200);
		get.mockClear();
		const statuses: number[] = [];
		for (let n = 0; n < 200; n++) statuses.push((await ask(address, forged())).status);
		expect(statuses.filter((status) => status === 401)).toHaveLength(get.mock.calls.length);
		expect(get.mock.calls.length).toBe(FAILURES_OF_ADDRESS + 1);
		expect(statuses.slice(FAILURES_OF_ADDRESS + 1).every((status) => status === 429)).toBe(true);
		expect(await ask(address, forged())).toMatchObject({
			status: 429,
			body: { error: { code: "rate_limit_exceeded" } },
		});
		expect((await ask(address, key)).status).toBe(200);
		expect((await ask(`${net}.2`, forged())).status).toBe(401);
	},
);

countedTest("another isolate hears of it with the first failure", async (net) => {
	const block = `2001:db8:${net.split(".")[0]}:2`;
	const first = isolate();
	for (let n = 0; n < FAILURES_OF_ADDRESS + 1; n++) await first.ask(`${block}:3::1`, forged());
	const second = isolate();
	expect((await second.ask(`${block}::9`, forged())).status).toBe(401);
	expect((await second.ask(`${block}:ffff::7`, forged())).status).toBe(429);
	expect(second.get).toHaveBeenCalledTimes(1);
});

test("the same unknown key is asked for once in five seconds", async () => {
	let now = Date.now();
	const { ask, get } = isolate(() => now);
	const key = forged();
	for (let n = 0; n < 10; n++) expect((await ask("192.0.2.3", key)).status).toBe(401);
	expect(get).toHaveBeenCalledTimes(1);
	now += 5_000;
	expect((await ask("192.0.2.3", key)).status).toBe(401);
	expect(get).toHaveBeenCalledTimes(2);
});

countedTest("admin tokens are no longer looked at from an address that sent too many wrong ones", async (net) => {
	const { ask } = isolate();
	const statuses: number[] = [];
	for (let n = 0; n < 30; n++) statuses.push((await ask(`${net}.4`, `wrong-${n}`, "/admin/keys")).status);
	expect(statuses).toEqual(Array.from({ length: 30 }, (_, n) => (n <= FAILURES_OF_ADDRESS ? 401 : 429)));
	const refused = await ask(`${net}.4`, ADMIN_TOKEN, "/admin/keys");
	expect(refused.status).toBe(429);
	expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
	expect((await ask(`${net}.5`, ADMIN_TOKEN, "/admin/keys")).status).toBe(200);
});

countedTest("what spends nothing counts against a limit of its own, and spending does not", async (net) => {
	const { key } = await issueKey();
	const { ask } = isolate();
	const reads: Promise<{ status: number }>[] = [];
	for (let n = 0; n < 601; n++) reads.push(ask(`${net}.6`, key));
	const statuses = (await Promise.all(reads)).map(({ status }) => status);
	expect(statuses.filter((status) => status === 429)).toHaveLength(1);
	const body = JSON.stringify({
		model: "openai/gpt-6-luna",
		messages: [{ role: "user", content: "Hi" }],
		max_tokens: 5,
	});
	expect((await ask(`${net}.6`, key, "/v1/route", body)).status).toBe(429);
	expect((await ask(`${net}.6`, key, "/v1/chat/completions", body)).status).toBe(200);
});
