import { afterEach, describe, expect, test, vi } from "vitest";
import { issueKey } from "#test/worker/admin/admin-client";
import { chat, DEMO_KEY, fault, user } from "#test/worker/gateway";

afterEach(async () => {
	await fault();
	vi.restoreAllMocks();
});

/** The lines that requests leave in the log while `run` runs, once there are as many. */
async function lines(count: number, run: () => Promise<void>): Promise<Record<string, unknown>[]> {
	const log = vi.spyOn(console, "log").mockImplementation(() => {});
	await run();
	const found = () =>
		log.mock.calls.map(([text]) => JSON.parse(String(text))).filter(({ event }) => event === "request");
	await vi.waitFor(() => expect(found().length).toBeGreaterThanOrEqual(count));
	return found();
}

const MODEL = "openai/gpt-6-luna";

describe("a request leaves one line in the log", () => {
	test.each([true, false])("when it is answered, streamed: %s", async (stream) => {
		const found = await lines(1, async () => {
			await (await chat({ model: MODEL, messages: user("Hi"), stream })).text();
		});
		expect(found).toMatchObject([{ level: "info", status: 200, provider: "openai", model: "gpt-6-luna", stream }]);
		expect(found[0]?.output_tokens).toBeGreaterThan(0);
		expect(found[0]?.cost_usd).toMatch(/^0\.\d+$/);
	});

	test("when it fails, with what was tried", async () => {
		await fault({ provider: "openai", fault: "error", status: 503 });
		const found = await lines(1, async () => {
			await (await chat({ model: MODEL, messages: user("Hi") })).text();
		});
		expect(found).toMatchObject([{ level: "warn", error_type: "server_error" }]);
		// The only candidate is asked once more.
		const tried = { provider: "openai", upstream_status: 503 };
		expect(found[0]?.attempts).toMatchObject([tried, tried]);
	});

	test("when it is refused before anybody was asked", async () => {
		const { id, key } = await issueKey({ models: ["gemini/*"] });
		const found = await lines(1, async () => {
			await (await chat({ model: MODEL, messages: user("Hi") }, { authorization: `Bearer ${key}` })).text();
		});
		expect(found).toMatchObject([{ key_id: id, status: 403, error_code: "model_not_allowed", attempts: [] }]);
	});

	test("without a word of what was asked or answered, or of the key", async () => {
		const found = await lines(1, async () => {
			const body = { model: MODEL, messages: user("my-secret-question"), user: "my-secret-user" };
			await (await chat(body, { "x-tollgate-metadata": '{"a":"my-secret-label"}' })).text();
		});
		expect(JSON.stringify(found)).not.toContain("my-secret");
		expect(JSON.stringify(found)).not.toContain(DEMO_KEY);
	});
});
