import { afterAll, beforeAll, expect, it } from "vitest";
import { LEAVES_LOAD_TO_CI } from "#test/support/scale";
import { Gateway } from "./gateway";

const PROVIDERS = ["openai", "deepseek", "openrouter"];
const MODELS = ["openai/gpt-4o-mini", "deepseek/deepseek-flash", "openrouter/openai/gpt-oss-120b"];
const REQUESTS = 1_000;
const AT_ONCE = 20;
/** What a team may fail in one go at a provider, and how long until one more is free. */
const BURST = 10;
const FLOOR_MS = 10_000;

let gateway: Gateway;
beforeAll(async () => {
	gateway = await Gateway.start();
	await gateway.admin("POST", "/aliases", { name: "hopeless", models: MODELS, sticky: false });
	await gateway.fault(...PROVIDERS.map((provider) => ({ provider, fault: "error", status: 503, body: "" })));
});
afterAll(() => gateway?.stop());

/** Sends as many requests as `REQUESTS`, some of them at once; each must fail. Returns their answers. */
async function storm(): Promise<Response[]> {
	const answers: Response[] = [];
	let sent = 0;
	const client = async (): Promise<void> => {
		while (sent < REQUESTS) {
			const stream = sent % 2 === 0;
			const messages = [{ role: "user", content: `Request ${sent++}` }];
			const response = await gateway.chat({ model: "hopeless", stream, messages, max_tokens: 10 });
			const { error } = (await response.json()) as { error: { code: string; metadata: { attempts?: unknown[] } } };
			expect(response.status).toBe(503);
			expect(["upstream_overloaded", "no_provider_available"]).toContain(error.code);
			expect(error.metadata.attempts?.length ?? 0).toBeLessThanOrEqual(3);
			answers.push(response);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, client));
	return answers;
}

async function reached(): Promise<number> {
	const { requests, unbilled } = await gateway.billing();
	return requests + unbilled;
}

it.skipIf(LEAVES_LOAD_TO_CI)("an outage of everybody multiplies nothing", { timeout: 180_000 }, async () => {
	// Without circuits, so that nothing but the ration stands in the way.
	await gateway.watch(...PROVIDERS);
	const begin = performance.now();
	for (const { headers } of await storm()) expect(headers.get("x-should-retry")).toBe("false");
	const floor = Math.ceil((performance.now() - begin) / FLOOR_MS) + 1;
	const further = (await reached()) - REQUESTS;
	// Requests that are under way when a ration runs out are not called back.
	const most = (PROVIDERS.length - 1) * (BURST + floor + AT_ONCE) + REQUESTS / 10;
	process.stdout.write(`storm: ${further} further attempts for ${REQUESTS} requests, at most ${most}\n`);
	expect(further).toBeGreaterThan(0);
	expect(further).toBeLessThanOrEqual(most);
});

it.skipIf(LEAVES_LOAD_TO_CI)(
	"behind circuits an outage of everybody hardly reaches anybody",
	{ timeout: 180_000 },
	async () => {
		for (const provider of PROVIDERS) await gateway.admin("POST", `/circuits/${provider}/reset`);
		const before = await reached();
		for (const { headers } of await storm()) {
			if (headers.get("x-tollgate-attempts") === null) expect(headers.get("retry-after")).toMatch(/^\d+$/);
		}
		const sent = (await reached()) - before;
		process.stdout.write(`storm: ${sent} attempts for ${REQUESTS} requests behind circuits\n`);
		expect(sent).toBeLessThan(REQUESTS / 4);
	},
);
