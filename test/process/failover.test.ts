import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DEMO_KEY, Gateway, judged } from "./gateway";
import { eventually } from "./load";

let gateway: Gateway;
let client: OpenAI;
beforeAll(async () => {
	gateway = await Gateway.start();
	// The gateway alone sees to it that no call fails.
	client = new OpenAI({ baseURL: gateway.v1, apiKey: DEMO_KEY, fetch: judged, maxRetries: 0 });
	const models = ["openai/gpt-4o-mini", "deepseek/deepseek-flash"];
	await gateway.admin("POST", "/aliases", { name: "assistant", models });
});
afterAll(() => gateway?.stop());

let calls = 0;

/**
 * One call of a conversation of its own, by turns streamed and not; returns who was asked, such as
 * `openai:500,deepseek:200`.
 */
async function ask(): Promise<string> {
	const messages = [{ role: "user" as const, content: `Tell me: number ${++calls}` }];
	if (calls % 2 === 0) {
		const asked = client.chat.completions.create({ model: "assistant", messages });
		const { data, response } = await asked.withResponse();
		expect(data.choices[0]?.message.content).toContain(`number ${calls}`);
		return response.headers.get("x-tollgate-attempts") ?? "";
	}
	const asked = client.chat.completions.create({ model: "assistant", messages, stream: true });
	const { data, response } = await asked.withResponse();
	let text = "";
	for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? "";
	expect(text).toContain(`number ${calls}`);
	return response.headers.get("x-tollgate-attempts") ?? "";
}

/** How often a simulated vendor was called, by its own books. */
async function reached(provider: string): Promise<number> {
	const answer = await gateway.call("/_simulator/billing");
	const { providers } = (await answer.json()) as { providers: Record<string, { requests: number; unbilled: number }> };
	const { requests = 0, unbilled = 0 } = providers[provider] ?? {};
	return requests + unbilled;
}

interface Circuit {
	model: string | null;
	state: string;
	since: string;
	failures_in_a_row: number;
}

/** The circuit of the alias's first model. */
async function circuit(): Promise<Circuit | undefined> {
	const { data } = (await gateway.admin("GET", "/circuits")) as { data: { id: string; circuits: Circuit[] | null }[] };
	return data.find(({ id }) => id === "openai")?.circuits?.find(({ model }) => model === "gpt-4o-mini");
}

/** Breaks the alias's first vendor, and asks until its circuit is open: five failures in a row are it. */
async function breakOpenAi(status: number): Promise<void> {
	await gateway.fault({ provider: "openai", fault: "error", status });
	const asked = await reached("openai");
	for (let failures = 1; failures <= 5; failures++) {
		expect(await ask()).toBe(`openai:${status},deepseek:200`);
		// The next call shall find that this one was counted.
		await eventually(circuit, (known) => known?.failures_in_a_row === failures);
	}
	expect(await circuit()).toMatchObject({ state: "open" });
	expect(await reached("openai")).toBe(asked + 5);
}

/** Asks while the circuit is open, and counts what reaches the vendor. */
async function askPastOpenAi(times: number): Promise<void> {
	// A circuit that is open by the same trip before and after a call was open during it. Trials between trips do not
	// count.
	for (let untouched = 0; untouched < times; ) {
		const [before, asked] = [await circuit(), await reached("openai")];
		const attempts = await ask();
		const after = await circuit();
		if (before?.state !== "open" || after?.state !== "open" || before.since !== after.since) continue;
		expect(attempts).toBe("deepseek:200");
		expect(await reached("openai")).toBe(asked);
		untouched++;
	}
}

/** Mends the vendor, and has its circuit closed by an admin: the next call goes there. */
async function resetOpenAi(): Promise<void> {
	await gateway.fault();
	await gateway.admin("POST", "/circuits/openai/reset");
	const asked = await reached("openai");
	expect(await ask()).toBe("openai:200");
	expect(await reached("openai")).toBe(asked + 1);
	expect((await circuit())?.state ?? "closed").toBe("closed");
}

it("a provider breaks, and a client that is alone does not notice; the circuit opens, and closes when an admin says so", {
	timeout: 120_000,
}, async () => {
	await breakOpenAi(503);
	await askPastOpenAi(12);
	await resetOpenAi();

	// And so it is after it was seen to work.
	for (let call = 0; call < 4; call++) expect(await ask()).toBe("openai:200");
	await breakOpenAi(500);
	await askPastOpenAi(12);
	await resetOpenAi();
});
