import { expect, test, vi } from "vitest";
import { issueKey } from "#test/worker/admin/admin-client";
import { failure, fault, mend, send, user } from "#test/worker/gateway";

function ask(key: string, stream: boolean): Promise<Response> {
	return send("http://gateway/v1/chat/completions", {
		method: "POST",
		headers: { authorization: `Bearer ${key}` },
		body: JSON.stringify({ model: "openai/gpt-6-luna", messages: user("Hi"), max_tokens: 10, stream }),
	});
}

test.each([false, true])(
	"a client that asks one question after the other is never over its one request at once (stream: %s)",
	async (stream) => {
		const { key } = await issueKey({ limits: { concurrent_requests: 1 } });
		const statuses: number[] = [];
		for (let n = 0; n < 20; n++) {
			const response = await ask(key, stream);
			statuses.push(response.status);
			await response.text();
		}
		expect(statuses).toEqual(Array.from({ length: 20 }, () => 200));
	},
);

test("of two questions at once the second is refused when the first takes longer than that", async () => {
	const { key } = await issueKey({ limits: { concurrent_requests: 1 } });
	await fault({ fault: "latency", ms: 1_500, times: 1 });
	const first = ask(key, false);
	// The provider has the first one when the fault is used up.
	await vi.waitFor(async () => expect(await (await send("http://gateway/_simulator/faults")).json()).toEqual([]));
	const second = await failure(ask(key, false));
	expect(second).toMatchObject({ status: 429, error: { code: "rate_limit_exceeded" } });
	expect((await first).status).toBe(200);
	await (await first).text();
	await mend();
});
