import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { readConfig } from "#config";
import type { Env } from "#env";
import { ProviderCache } from "#gateway/routing/provider-cache";
import { isolate } from "#simulator/isolate";
import { type Answer, admin, errorOf } from "./admin-client";

const bindings = env as unknown as Env;
const MODELS = ["openai/gpt-4o-mini", { model: "deepseek/deepseek-flash", weight: 2 }];
const DEFAULTS = {
	strategy: "priority",
	optimize: "balanced",
	sticky: true,
	fall_through: { content: false, context: false },
	escalate: false,
	hedge: null,
	downgrade: null,
	cache_prompts: false,
	timeout_ms: null,
	ttft_timeout_ms: null,
};

let serial = 0;
let name = "";
beforeEach(() => {
	name = `fast-${++serial}`;
});

async function created(fields: object = {}): Promise<Answer> {
	const answer = await admin("POST", "/aliases", { name, models: MODELS, ...fields });
	expect(answer.status, answer.text).toBe(201);
	return answer;
}

function refused(answer: Answer, status: number, code: string, param?: string): void {
	expect(answer.status, answer.text).toBe(status);
	expect(errorOf(answer)).toMatchObject({ code, ...(param !== undefined && { param }) });
}

function targets(answer: Answer): string[] {
	return (answer.body.models as { model: string }[]).map(({ model }) => model);
}

test("an alias is created with defaults, shown, listed, replaced and removed", async () => {
	const { body } = await created({ models: ["openai/gpt-4o-mini", "gpt-4.1"] });
	expect(body).toMatchObject({
		id: name,
		object: "alias",
		name,
		version: 1,
		models: [
			{ model: "openai/gpt-4o-mini", weight: 1 },
			{ model: "gpt-4.1", weight: 1 },
		],
		...DEFAULTS,
	});
	expect((await admin("GET", `/aliases/${name}`)).body).toEqual(body);
	expect((await admin("GET", `/aliases/${name.toUpperCase()}`)).body).toEqual(body);
	expect((await admin("GET", "/aliases?limit=100")).body.data).toContainEqual(body);

	const replaced = await admin("PUT", `/aliases/${name}`, { models: ["deepseek/deepseek-flash"], strategy: "fastest" });
	expect(replaced.status).toBe(200);
	expect(replaced.body).toMatchObject({ version: 2, ...DEFAULTS, strategy: "fastest" });
	expect(targets(replaced)).toEqual(["deepseek/deepseek-flash"]);

	expect((await admin("DELETE", `/aliases/${name}`)).body).toEqual({ id: name, object: "alias", deleted: true });
	for (const [method, path, sent] of [
		["GET", "", undefined],
		["PUT", "", { models: MODELS }],
		["DELETE", "", undefined],
	] as const) {
		refused(await admin(method, `/aliases/${name}${path}`, sent), 404, "alias_not_found");
	}
	expect((await created()).body.version).toBe(4);
});

test("every field is kept as it was written", async () => {
	const fields = {
		strategy: "balanced",
		optimize: "latency",
		sticky: false,
		fall_through: { content: true, context: false },
		escalate: true,
		hedge: { after_ms: 2500, max_usd: "0.02" },
		downgrade: { above: 0.8, model: "openai/gpt-5.4-nano" },
		timeout_ms: 60_000,
		ttft_timeout_ms: 8_000,
	};
	expect((await created(fields)).body).toMatchObject(fields);
	const short = await admin("PUT", `/aliases/${name}`, { models: MODELS, hedge: {}, fall_through: true });
	expect(short.body).toMatchObject({
		hedge: { after_ms: null, max_usd: "0.01" },
		fall_through: { content: true, context: true },
	});
});

test("weights come with the models or beside them, and make the strategy weighted", async () => {
	const { body } = await created();
	expect(body).toMatchObject({ strategy: "weighted", models: [{ weight: 1 }, { weight: 2 }] });
	const beside = await admin("PUT", `/aliases/${name}`, {
		models: ["openai/gpt-4o-mini", "deepseek/deepseek-flash"],
		weights: [0.9, 0.1],
	});
	expect(beside.body).toMatchObject({ strategy: "weighted", models: [{ weight: 0.9 }, { weight: 0.1 }] });
	const other = await admin("PUT", `/aliases/${name}`, { models: MODELS, strategy: "cheapest" });
	expect(other.body.strategy).toBe("cheapest");
});

describe("a wrong body is a 400 that names the field", () => {
	test.each<[Record<string, unknown>, string]>([
		[{ name: "With Space" }, "name"],
		[{ name: "a/b" }, "name"],
		[{ name: "a:floor" }, "name"],
		[{ name: "" }, "name"],
		[{ models: [] }, "models"],
		[{ models: undefined }, "models"],
		[{ models: "gpt-4o-mini" }, "models"],
		[{ models: Array.from({ length: 21 }, (_, i) => `m${i}`) }, "models"],
		[{ models: ["gpt-4o-mini", "GPT-4o-mini"] }, "models"],
		[{ models: [{ weight: 1 }] }, "models[0].model"],
		[{ models: [{ model: "gpt-4o-mini", weight: 0 }] }, "models[0].weight"],
		[{ models: [7] }, "models[0]"],
		[{ models: ["gpt-4o-mini"], weights: [1, 2] }, "weights"],
		[{ weights: [1, 2] }, "weights"],
		[{ strategy: "luckiest" }, "strategy"],
		[{ optimize: "fun" }, "optimize"],
		[{ sticky: "yes" }, "sticky"],
		[{ fall_through: "yes" }, "fall_through"],
		[{ fall_through: { colour: true } }, "fall_through.colour"],
		[{ hedge: { after_ms: 0 } }, "hedge.after_ms"],
		[{ hedge: { max_usd: "-1" } }, "hedge.max_usd"],
		[{ downgrade: { above: 2, model: "gpt-4o-mini" } }, "downgrade.above"],
		[{ downgrade: { above: 0.5 } }, "downgrade.model"],
		[{ timeout_ms: 1.5 }, "timeout_ms"],
		[{ ttft_timeout_ms: 900_001 }, "ttft_timeout_ms"],
		[{ colour: "red" }, "colour"],
	])("%j", async (fields, param) => {
		refused(await admin("POST", "/aliases", { name, models: MODELS, ...fields }), 400, "invalid_request", param);
		expect((await admin("GET", `/aliases/${name}`)).status).toBe(404);
	});
});

describe("a target that nobody here serves is refused by name", () => {
	test.each<[Record<string, unknown>, string, string]>([
		[{ models: ["openai/gpt-4o-mini", "openai/gpt-4o-minj"] }, "models[1]", "gpt-4o-minj"],
		[{ models: ["nobody/knows-it"] }, "models[0]", "nobody/knows-it"],
		[{ downgrade: { above: 0.5, model: "nothing" } }, "downgrade.model", "nothing"],
	])("%j", async (fields, param, named) => {
		const answer = await admin("POST", "/aliases", { name, models: MODELS, ...fields });
		refused(answer, 400, "model_not_found", param);
		expect(errorOf(answer).message).toContain(named);
	});

	test.each(["auto", "Auto"])("%s is no target", async (model) => {
		refused(await admin("POST", "/aliases", { name, models: [model] }), 400, "invalid_request", "models[0]");
	});

	test("another alias is no target", async () => {
		await created();
		const answer = await admin("POST", "/aliases", { name: `${name}-2`, models: [name] });
		refused(answer, 400, "invalid_request", "models[0]");
	});
});

describe("a name that means something else is taken", () => {
	test.each(["auto", "openai", "google", "cloudflare", "gpt-4o-mini", "workers-ai"])("%s", async (taken) => {
		refused(await admin("POST", "/aliases", { name: taken, models: MODELS }), 409, "name_taken", "name");
	});

	test("the names of an added provider, serving or not, and of its models", async () => {
		const provider = { name: `p-${name}`, base_url: "https://a.example/v1", models: [{ id: `m-${name}` }] };
		await admin("POST", "/providers", provider);
		for (const taken of [`p-${name}`, `m-${name}`]) {
			refused(await admin("POST", "/aliases", { name: taken, models: MODELS }), 409, "name_taken");
		}
		await admin("PATCH", `/providers/p-${name}`, { disabled: true });
		refused(await admin("POST", "/aliases", { name: `p-${name}`, models: MODELS }), 409, "name_taken");
	});

	test("an alias's name, when a provider asks for it", async () => {
		await created();
		const answer = await admin("POST", "/providers", { name, base_url: "https://a.example/v1", models: [] });
		refused(answer, 409, "name_taken", "name");
	});
});

describe("versions", () => {
	test("are all kept, newest first, and any can be put back as a new one", async () => {
		const first = await created();
		await admin("PUT", `/aliases/${name}`, { models: ["openai/gpt-5.4"] });
		await admin("DELETE", `/aliases/${name}`);
		const back = await admin("POST", `/aliases/${name}/rollback`, { version: 1 });
		expect(back.status, back.text).toBe(200);
		expect(back.body).toMatchObject({ version: 4, models: first.body.models, strategy: "weighted" });
		expect((await admin("GET", `/aliases/${name}`)).body).toEqual(back.body);

		const { body } = await admin("GET", `/aliases/${name}/versions`);
		expect(body.data).toMatchObject([
			{ id: "4", object: "alias.version", version: 4, removed: false, models: first.body.models },
			{ version: 3, removed: true },
			{ version: 2, removed: false, models: [{ model: "openai/gpt-5.4" }] },
			{ version: 1, removed: false, models: first.body.models },
		]);
		const page = await admin("GET", `/aliases/${name}/versions?limit=2`);
		expect(page.body).toMatchObject({ has_more: true, next: "3" });
		const rest = await admin("GET", `/aliases/${name}/versions?limit=2&after=3`);
		expect(rest.body).toMatchObject({ has_more: false, data: [{ version: 2 }, { version: 1 }] });
	});

	test("cannot be put back when they do not exist, are removals, or name what is gone", async () => {
		const provider = { name: `p-${name}`, base_url: "https://a.example/v1", models: [{ id: "large" }] };
		await admin("POST", "/providers", provider);
		await created({ models: [`p-${name}/large`] });
		await admin("DELETE", `/aliases/${name}`);
		await admin("DELETE", `/providers/p-${name}`);
		const back = (version: unknown) => admin("POST", `/aliases/${name}/rollback`, { version });
		refused(await back(9), 404, "version_not_found");
		refused(await back(2), 400, "invalid_request", "version");
		refused(await back(1), 400, "model_not_found", "models[0]");
		refused(await back("1"), 400, "invalid_request", "version");
		refused(await admin("POST", "/aliases/never-was/rollback", { version: 1 }), 404, "version_not_found");
		refused(await admin("GET", "/aliases/never-was/versions"), 404, "alias_not_found");
		refused(await admin("GET", `/aliases/${name}/versions?after=x`), 400, "invalid_request", "after");
	});
});

test("every change is on record", async () => {
	await created();
	await admin("PUT", `/aliases/${name}`, { models: ["openai/gpt-5.4"] });
	await admin("DELETE", `/aliases/${name}`);
	await admin("POST", `/aliases/${name}/rollback`, { version: 2 });
	await admin("POST", "/aliases", { name, models: MODELS });
	const { body } = await admin("GET", `/audit?kind=alias&subject=${name}`);
	expect(body.data).toMatchObject([
		{ action: "rollback", before: null, after: { version: 4, targets: [{ model: "openai/gpt-5.4" }] } },
		{ action: "delete", before: { version: 2 }, after: null },
		{ action: "update", before: { version: 1 }, after: { version: 2 } },
		{ action: "create", before: null, after: { version: 1, strategy: "weighted" } },
	]);
});

test("of several that are created under one name at once, one wins", async () => {
	const answers = await Promise.all(
		Array.from({ length: 6 }, () => admin("POST", "/aliases", { name, models: MODELS })),
	);
	expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
	for (const loser of answers.filter(({ status }) => status !== 201)) refused(loser, 409, "alias_exists", "name");
});

test("of several changes at once each is a version of its own or told to look again", async () => {
	await created();
	const answers = await Promise.all([
		...Array.from({ length: 5 }, (_, i) => admin("PUT", `/aliases/${name}`, { models: MODELS, timeout_ms: i + 1 })),
		admin("DELETE", `/aliases/${name}`),
	]);
	const { body } = await admin("GET", `/aliases/${name}/versions?limit=100`);
	const made = answers.filter(({ status }) => status === 200);
	expect((body.data as { version: number }[]).map(({ version }) => version)).toEqual(
		Array.from({ length: made.length + 1 }, (_, i) => made.length + 1 - i),
	);
	for (const { status } of answers) expect([200, 404, 409]).toContain(status);
});

test("an isolate sees its own change at once, and another's within ten seconds", async () => {
	const other = new ProviderCache();
	const config = readConfig(bindings);
	const execution = createExecutionContext();
	const now = Date.now();
	const seen = async (cache: ProviderCache, at: number) =>
		(await cache.serving({ env: bindings, config, execution, receivedAt: at })).directory.aliases.get(name)?.version;
	expect(await seen(isolate.state.providers, now)).toBeUndefined();
	expect(await seen(other, now)).toBeUndefined();
	await created();
	const read = vi.spyOn(bindings.DB, "batch");
	expect(await seen(other, now + 9_999)).toBeUndefined();
	expect(read).not.toHaveBeenCalled();
	// The first that comes when the copy is stale starts the reading and does not wait for it.
	await seen(other, now + 10_000);
	await waitOnExecutionContext(execution);
	expect(await seen(other, now + 10_001)).toBe(1);
	vi.restoreAllMocks();
});

test("an isolate that read the registry before its own change does not keep what it read", async () => {
	const own = new ProviderCache();
	const config = readConfig(bindings);
	const { promise: gate, resolve: open } = Promise.withResolvers<void>();
	const batch = bindings.DB.batch.bind(bindings.DB);
	const slow = vi.spyOn(bindings.DB, "batch").mockImplementationOnce(async (statements) => {
		const result = await batch(statements);
		await gate;
		return result as never;
	});
	const execution = createExecutionContext();
	const early = own.serving({ env: bindings, config, execution, receivedAt: 0 });
	slow.mockRestore();
	await created();
	own.forget();
	open();
	await early;
	const { directory } = await own.serving({ env: bindings, config, execution, receivedAt: 1 });
	expect(directory.aliases.get(name)?.version).toBe(1);
});
