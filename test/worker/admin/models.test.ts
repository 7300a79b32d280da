import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Env } from "#env";
import { completion, user } from "#test/worker/gateway";
import { type Answer, admin, errorOf, issueKey, listModels } from "./admin-client";

const bindings = env as unknown as Env;
const PATH = "/models/openai/gpt-4o-mini";
const DEAR = { prices: [{ input: 900, output: 900 }] };

afterEach(async () => {
	vi.restoreAllMocks();
	await admin("DELETE", PATH);
});

async function changed(path: string, fields: object): Promise<Answer> {
	const answer = await admin("PATCH", path, fields);
	expect(answer.status, answer.text).toBe(200);
	return answer;
}

function refused(answer: Answer, status: number, code: string, param?: string): void {
	expect(answer.status, answer.text).toBe(status);
	expect(errorOf(answer)).toMatchObject({ code, ...(param !== undefined && { param }) });
}

/** The model as a key with access to all sees it. */
async function served(id: string): Promise<Record<string, unknown> | undefined> {
	const { key } = await issueKey();
	const { data } = (await listModels({ "x-api-key": key })).body as { data: Record<string, unknown>[] };
	return data.find((model) => model.id === id);
}

test("every known model is listed with its fields, and where a built-in one's figures come from", async () => {
	const all: Record<string, unknown>[] = [];
	for (let after = ""; ; ) {
		const { body } = await admin("GET", `/models?limit=100${after}`);
		all.push(...(body.data as Record<string, unknown>[]));
		if (body.next === null) break;
		after = `&after=${encodeURIComponent(String(body.next))}`;
	}
	expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
	const mini = all.find(({ id }) => id === "openai/gpt-4o-mini");
	expect(mini).toMatchObject({
		object: "model",
		provider: "openai",
		model: "gpt-4o-mini",
		prices: [{ input: expect.any(Number), output: expect.any(Number) }],
		source: expect.any(String),
		as_of: expect.any(String),
		override: {},
		version: 0,
		updated_at: null,
	});
	expect((await admin("GET", PATH)).body).toEqual(mini);
	const one = await admin("GET", "/models?provider=google&limit=100");
	expect((one.body.data as { provider: string }[]).every(({ provider }) => provider === "gemini")).toBe(true);
	// A dozen pages, of which the first also starts the Worker.
}, 20_000);

test("fields are overridden one by one, hold at once, and come off again", async () => {
	const before = (await admin("GET", PATH)).body;
	const priced = await changed(PATH, { prices: [{ input: 1, cache_read: 0.25, output: 2 }] });
	expect(priced.body).toMatchObject({
		prices: [{ input: 1, cache_read: 0.25, output: 2 }],
		override: { prices: [{ input: 1, cache_read: 0.25, output: 2 }] },
		context: before.context,
	});
	const more = await changed(PATH, { context: 64_000, tools: false, quality: { general: 5 }, regions: ["eu"] });
	expect(more.body).toMatchObject({ context: 64_000, tools: false, prices: [{ input: 1 }] });
	expect((await admin("GET", PATH)).body).toEqual(more.body);
	expect(await served("openai/gpt-4o-mini")).toMatchObject({
		context_length: 64_000,
		pricing: { prompt: "0.000001", completion: "0.000002", input_cache_read: "0.00000025" },
		supported_parameters: expect.not.arrayContaining(["tools"]),
	});

	const less = await changed(PATH, { context: null, tools: null, quality: null, regions: null });
	expect(less.body).toMatchObject({ context: before.context, override: { prices: [{ input: 1 }] } });
	const bare = await changed(PATH, { prices: null });
	expect(bare.body).toMatchObject({ prices: before.prices, override: {} });
	refused(await admin("DELETE", PATH), 404, "override_not_found");
	expect((await changed(PATH, {})).body.version).toBe(bare.body.version);
});

test("a model is found by any of its ids, in any case, at a provider of any name", async () => {
	const { body } = await admin("GET", "/models/openai/GPT-4o-Mini");
	expect(body.id).toBe("openai/gpt-4o-mini");
	expect((await admin("GET", "/models/openrouter/openai/gpt-oss-120b")).body.id).toBe("openrouter/openai/gpt-oss-120b");
	expect((await admin("GET", "/models/cloudflare/@cf/openai/gpt-oss-20b")).body.provider).toBe("workers-ai");
	for (const path of ["/models/openai/nothing", "/models/nobody/gpt-4o", "/models/deepseek/gpt-4o"]) {
		refused(await admin("GET", path), 404, "model_not_found");
		refused(await admin("PATCH", path, DEAR), 404, "model_not_found");
		refused(await admin("GET", `${path}/history`), 404, "model_not_found");
	}
});

test("an earlier version is put back as a version of its own, and one that says nothing is not", async () => {
	await changed(PATH, DEAR);
	await changed(PATH, { prices: [{ input: 1, output: 2 }] });
	await admin("DELETE", PATH);
	const [removal, , dear] = (await admin("GET", `${PATH}/history`)).body.data as { version: number }[];
	const put = await admin("POST", `${PATH}/rollback`, { version: dear?.version });
	expect(put.status, put.text).toBe(200);
	expect(put.body).toMatchObject({ override: DEAR, version: (removal?.version ?? 0) + 1 });
	expect(await served("openai/gpt-4o-mini")).toMatchObject({ pricing: { prompt: "0.0009" } });
	refused(await admin("POST", `${PATH}/rollback`, { version: removal?.version }), 400, "invalid_request", "version");
	refused(await admin("POST", `${PATH}/rollback`, { version: 99_999 }), 404, "version_not_found");
	refused(await admin("POST", "/models/openai/nothing-of-it/rollback", { version: 1 }), 404, "model_not_found");
});

test("the history has every version, newest first, and changes are on record", async () => {
	const path = "/models/deepseek/deepseek-flash";
	await changed(path, { max_output: 4096 });
	await changed(path, { max_output: 2048, context: 10_000 });
	expect((await admin("DELETE", path)).body).toMatchObject({ override: {}, version: 3 });
	await changed(path, { tools: false });
	expect((await admin("GET", `${path}/history`)).body.data).toMatchObject([
		{ version: 4, object: "model.version", removed: false, override: { tools: false } },
		{ version: 3, removed: true },
		{ version: 2, override: { max_output: 2048, context: 10_000 } },
		{ version: 1, override: { max_output: 4096 } },
	]);
	await admin("DELETE", path);
	const { body } = await admin("GET", "/audit?kind=model&subject=deepseek/deepseek-flash");
	expect(body.data).toMatchObject([
		{ action: "delete", before: { tools: false }, after: null },
		{ action: "update", after: { tools: false } },
		{ action: "delete" },
		{ action: "update", before: { max_output: 4096 }, after: { max_output: 2048 } },
		{ action: "update", before: null },
	]);
	expect(await admin("GET", "/models/deepseek/deepseek-v4-pro/history")).toMatchObject({
		status: 200,
		body: { data: [] },
	});
});

test.each<[unknown, string | null]>([
	[{ id: "other" }, "id"],
	[{ provider: "other" }, "provider"],
	[{ colour: "red" }, "colour"],
	[{ context: -1 }, "context"],
	[{ prices: [{ input: -1, output: 1 }] }, "prices[0].input"],
	[{ prices: [{ input: 1 }] }, "prices[0].output"],
	[{ prices: [{ input: 1, output: 0.0000004 }] }, "prices[0].output"],
	[{ prices: [{ input: 1, output: 1, cache_read: 0.1234567 }] }, "prices[0].cache_read"],
	[{ rules: { tiers: { flex: 0.0004 } } }, "rules.tiers.flex"],
	[{ prices: "free" }, "prices"],
	[{ prices: [{ from: "2999-01-01", input: 1, output: 1 }] }, "prices"],
	[{ prices: [{ from: "soon", input: 1, output: 1 }] }, "prices[0].from"],
	[{ quality: { general: 9 } }, "quality.general"],
	[{ traits: { thinking: "hard" } }, "traits.thinking"],
	[{ aliases: ["auto"] }, "aliases"],
	[{ aliases: ["GPT-4O"] }, "aliases"],
	[{ family: "Auto" }, "family"],
	[[DEAR], null],
])("a wrong body is a 400 that names the field: %j", async (fields, param) => {
	refused(await admin("PATCH", PATH, fields), 400, "invalid_request", ...(param === null ? [] : [param]));
	expect((await admin("GET", PATH)).body.override).toEqual({});
});

test("of several changes at once each is a version of its own or told to look again", async () => {
	const before = Number((await admin("GET", PATH)).body.version);
	const answers = await Promise.all([1000, 2000, 3000, 4000].map((context) => admin("PATCH", PATH, { context })));
	const made = answers.filter(({ status }) => status === 200).map(({ body }) => Number(body.version));
	expect(made.toSorted((a, b) => a - b)).toEqual(made.map((_, index) => before + 1 + index));
	for (const loser of answers.filter(({ status }) => status !== 200)) refused(loser, 409, "model_changed");
});

describe("prices", () => {
	const ask = () => completion({ model: "openai/gpt-4o-mini", messages: user("Hi"), max_tokens: 20, seed: 1 });

	test("of a day to come hold from then on and not before", async () => {
		const now = [{ input: 1, output: 1 }];
		await changed(PATH, { prices: [...now, { from: "2999-01-01", ...DEAR.prices[0] }] });
		expect((await served("openai/gpt-4o-mini"))?.pricing).toMatchObject({ prompt: "0.000001" });
		const { answer } = await ask();
		expect(answer.usage.cost).toBe((answer.usage.prompt_tokens + answer.usage.completion_tokens) / 1e6);
	});

	test("do not change what a request costs that is running", async () => {
		await changed(PATH, { prices: [{ input: 1, output: 1 }] });
		const simulator = bindings.SIMULATOR;
		if (simulator === undefined) throw new Error("there is no simulator");
		const send = simulator.fetch.bind(simulator);
		const reached = Promise.withResolvers<void>();
		const gate = Promise.withResolvers<void>();
		vi.spyOn(simulator, "fetch").mockImplementationOnce(async (input, init) => {
			reached.resolve();
			await gate.promise;
			return send(input, init);
		});
		const running = ask();
		await reached.promise;
		await changed(PATH, DEAR);
		gate.resolve();
		const { usage } = (await running).answer;
		expect(usage.cost).toBe((usage.prompt_tokens + usage.completion_tokens) / 1e6);
		const later = (await ask()).answer.usage;
		expect(later.cost).toBe(((later.prompt_tokens + later.completion_tokens) * 900) / 1e6);
	});
});

describe("a model of an added provider", () => {
	const provider = { name: "acme", base_url: "https://acme.example/v1", models: [{ id: "v/large", ...DEAR }] };

	test("is overridden the same way, and a new provider of the name starts without", async () => {
		await admin("POST", "/providers", provider);
		await changed("/models/acme/v/large", { prices: [{ input: 2, output: 2 }] });
		expect((await served("acme/v/large"))?.pricing).toMatchObject({ prompt: "0.000002" });
		await admin("DELETE", "/providers/acme");
		refused(await admin("GET", "/models/acme/v/large"), 404, "model_not_found");
		await admin("POST", "/providers", provider);
		expect((await admin("GET", "/models/acme/v/large")).body).toMatchObject({ override: {}, version: 2, ...DEAR });
		expect((await served("acme/v/large"))?.pricing).toMatchObject({ prompt: "0.0009" });
	});
});
