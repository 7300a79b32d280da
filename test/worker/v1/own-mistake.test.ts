import { afterEach, describe, expect, test, vi } from "vitest";
import { deepseek } from "#providers/vendors/deepseek";
import { admin, issueKey } from "#test/worker/admin/admin-client";
import { chat, events, failure, mend, user } from "#test/worker/gateway";
import { settledOf, watchRecords } from "#test/worker/usage/records";

afterEach(async () => {
	vi.restoreAllMocks();
	await mend();
});

const MODEL = "deepseek/deepseek-flash";

/** A mistake such as only a program makes. */
function mistaken(): never {
	return (undefined as unknown as { read(): never }).read();
}

/** Keeps the log of errors; returns how to look at what was unexpected in it. */
function watchLog(): () => Record<string, unknown>[] {
	const log = vi.spyOn(console, "error").mockImplementation(() => {});
	return () => log.mock.calls.map(([line]) => JSON.parse(String(line))).filter(({ stack }) => stack !== undefined);
}

describe("a mistake of the gateway's own in reading an answer", () => {
	test.each([false, true])("is an internal error with its stack in the log, stream %s", async (stream) => {
		const unexpected = watchLog();
		vi.spyOn(deepseek.chat, "decode").mockImplementation(mistaken);
		vi.spyOn(deepseek.chat, "decoder").mockImplementation(() => ({ push: mistaken, end: mistaken }));
		const recordOf = watchRecords();
		const { id, key } = await issueKey({ budgets: [{ limit_usd: "1.00", window: "total" }] });
		const body = { model: MODEL, stream, max_tokens: 100, messages: user("Hi") };
		for (let times = 0; times < 6; times++) {
			const { status, error, headers } = await failure(chat(body, { authorization: `Bearer ${key}` }));
			expect([status, error.code]).toEqual([500, "internal_error"]);
			expect(error.message).toMatch(/^\[gateway\] /);
			expect(error.message).not.toContain("undefined");
			const { attempts, ...record } = await recordOf({ headers });
			expect(record).toMatchObject({ status: 500, errorCode: "internal_error", provider: "deepseek" });
			expect(attempts).toMatchObject([{ end: "failed", fault: null, estimated: true }]);
		}
		expect(unexpected()).toHaveLength(6);
		expect(unexpected()[0]).toMatchObject({ error: "TypeError" });
		expect(JSON.stringify(unexpected()[0]?.stack)).toContain("mistaken (");
		// The provider's health has not heard of it, and nothing stays held.
		vi.mocked(deepseek.chat.decode).mockRestore();
		vi.mocked(deepseek.chat.decoder).mockRestore();
		const answer = await chat(body, { authorization: `Bearer ${key}` });
		expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("You")]);
		expect(await settledOf(id)).toBeGreaterThan(0);
		const { body: circuits } = await admin("GET", "/circuits");
		expect(JSON.stringify(circuits)).not.toMatch(/"state":"(?:open|half_open)"/);
	});

	test("in the middle of a stream ends it with an internal error", async () => {
		const unexpected = watchLog();
		const decoderOf = deepseek.chat.decoder;
		vi.spyOn(deepseek.chat, "decoder").mockImplementation((request, model) => {
			const decoder = decoderOf(request, model);
			let left = 6;
			return { push: (event) => (left-- > 0 ? decoder.push(event) : mistaken()), end: () => decoder.end() };
		});
		const recordOf = watchRecords();
		const { id, key } = await issueKey({ budgets: [{ limit_usd: "1.00", window: "total" }] });
		const body = { model: MODEL, stream: true, messages: user("Say 40 words"), reasoning_effort: "none" };
		const answer = await chat(body, { authorization: `Bearer ${key}` });
		expect(answer.status).toBe(200);
		const last = (await events(answer)).at(-1) ?? "";
		expect(JSON.parse(last)).toMatchObject({ error: { code: "internal_error" } });
		expect(unexpected()).toMatchObject([{ error: "TypeError" }]);
		expect(await recordOf(answer)).toMatchObject({ attempts: [{ end: "cut", fault: null, estimated: true }] });
		expect(await settledOf(id)).toBeGreaterThan(0);
	});
});
