import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import type { Env } from "#env";
import { runJobs } from "#jobs/jobs";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { admin, errorOf } from "#test/worker/admin/admin-client";
import { chat, completion, send, user } from "#test/worker/gateway";

// Each vendor's own list as the simulator shows it, with models that appear, vanish and change their price.

const bindings = env as unknown as Env;
const NEW = {
	id: "acme/model-of-tomorrow",
	context_length: 64_000,
	architecture: { input_modalities: ["text", "image"], output_modalities: ["text"] },
	pricing: { prompt: "0.000001", completion: "0.000002" },
	supported_parameters: ["tools"],
};
const KNOWN = "openai/gpt-oss-120b";
const repriced = (prompt: string) => ({ ...NEW, id: KNOWN, pricing: { prompt, completion: "0.000009" } });

interface Sync {
	id: string;
	status: string;
	listed: number;
	skipped: number;
	other: number;
	new: { id: string }[];
	gone: string[];
	dearer: { id: string; before: object | null; after: object; set_by_admin: boolean }[];
	cheaper: { id: string }[];
	counts: Record<string, number>;
	failure: { kind: string; message: string } | null;
	learnt: { version: number; applied: Record<string, number> } | null;
}

async function lists(changes: object): Promise<void> {
	const response = await send("http://gateway/_simulator/lists", { method: "PUT", body: JSON.stringify(changes) });
	if (!response.ok) throw new Error(await response.text());
}

async function faults(...list: object[]): Promise<void> {
	const response = await send("http://gateway/_simulator/faults", { method: "PUT", body: JSON.stringify(list) });
	if (!response.ok) throw new Error(await response.text());
}

async function sync(provider: string, body?: object): Promise<Sync> {
	const answer = await admin("POST", `/providers/${provider}/models/sync`, body);
	if (answer.status !== 200) throw new Error(answer.text);
	return answer.body as unknown as Sync;
}

afterEach(async () => {
	await lists({});
	await faults();
	for (const provider of ["openrouter", "openai"]) await admin("DELETE", `/providers/${provider}/models`);
});

test.each(BUILT_IN_PROVIDERS)("%s lists what is thought of it, and nothing is to be learnt", async (provider) => {
	const said = await sync(provider, { accept: { new: true, gone: true, dearer: true, cheaper: true } });
	expect(said).toMatchObject({ status: "ok", skipped: 0, new: [], gone: [], dearer: [], cheaper: [], learnt: null });
	expect(said.listed).toBeGreaterThan(0);
});

test("a model that appeared is served when it was accepted, at the price that its vendor lists", async () => {
	await lists({ openrouter: { add: [NEW] } });
	const ask = () => chat({ model: `openrouter/${NEW.id}`, messages: user("Hello.") });
	const seen = await sync("openrouter");
	expect(seen.new).toMatchObject([{ id: NEW.id, context: 64_000, input: ["text", "image"], tools: true }]);
	expect(seen.learnt).toBeNull();
	expect((await admin("GET", `/models/openrouter/${NEW.id}`)).status).toBe(404);

	// What was seen is accepted, whatever the vendor lists by now.
	await lists({ openrouter: { add: [{ ...NEW, pricing: { prompt: "0.1", completion: "0.1" } }] } });
	const accepted = await sync("openrouter", { proposal: seen.id, accept: { new: [NEW.id] } });
	expect(accepted.learnt).toMatchObject({ applied: { new: 1, gone: 0, dearer: 0, cheaper: 0 } });
	const model = await admin("GET", `/models/openrouter/${NEW.id}`);
	expect(model.body).toMatchObject({ prices: [{ input: 1, output: 2 }], source: "the provider's own list" });
	const route = await send("http://gateway/v1/route", {
		method: "POST",
		headers: { authorization: "Bearer test-key-123" },
		body: JSON.stringify({ model: `openrouter/${NEW.id}`, messages: user("Hello.") }),
	});
	expect(await route.text()).toContain(NEW.id);
	await ask();
});

test("a price that changed holds when it was accepted, and an admin's own stays", async () => {
	await lists({ openrouter: { add: [repriced("0.000009")] } });
	const { dearer, id } = await sync("openrouter");
	expect(dearer).toMatchObject([{ id: KNOWN, after: { input: 9, output: 9 }, set_by_admin: false }]);
	const request = { model: `openrouter/${KNOWN}`, messages: user("Hello.") };
	const before = (await completion(request)).answer.usage;
	await sync("openrouter", { proposal: id, accept: { dearer: true } });
	const { usage } = (await completion(request)).answer;
	expect(usage.cost).toBeCloseTo((usage.prompt_tokens * 9 + usage.completion_tokens * 9) / 1e6, 9);
	expect(usage.cost).toBeGreaterThan(before.cost);

	await admin("PATCH", `/models/openrouter/${KNOWN}`, { prices: [{ input: 1, output: 1 }] });
	const again = await sync("openrouter", { accept: { dearer: true } });
	expect(again).toMatchObject({ dearer: [{ id: KNOWN, set_by_admin: true }], learnt: null });
	const own = (await completion(request)).answer.usage;
	expect(own.cost).toBeCloseTo((own.prompt_tokens + own.completion_tokens) / 1e6, 9);
	await admin("DELETE", `/models/openrouter/${KNOWN}`);
});

test("a model that vanished is gone when that was accepted, and back with the version before", async () => {
	await lists({ openai: { remove: ["gpt-4o-mini"], add: [{ id: "gpt-of-tomorrow", object: "model" }] } });
	const added = await sync("openai", { accept: { new: true } });
	expect(added).toMatchObject({
		gone: ["gpt-4o-mini"],
		new: [{ id: "gpt-of-tomorrow" }],
		learnt: { version: expect.any(Number) },
	});
	const version = added.learnt?.version ?? 0;
	await sync("openai", { accept: { gone: true } });
	const serves = async (id: string) => {
		const { body } = await admin("GET", "/providers/openai/models/versions?limit=1");
		const [latest] = body.data as { hidden?: string[] }[];
		return !(latest?.hidden ?? []).includes(id);
	};
	expect(await serves("gpt-4o-mini")).toBe(false);
	const rolled = await admin("POST", "/providers/openai/models/rollback", { version });
	expect(rolled.body).toMatchObject({
		version: version + 2,
		hidden: [],
		models: { "gpt-of-tomorrow": { id: "gpt-of-tomorrow" } },
	});
	expect((await completion({ model: "openai/gpt-4o-mini", messages: user("Hello.") })).answer.model).toContain(
		"gpt-4o-mini",
	);

	const kinds = (await admin("GET", "/audit?kind=learnt_models&subject=openai")).body.data as { action: string }[];
	expect(kinds.slice(0, 3).map(({ action }) => action)).toEqual(["rollback", "sync", "sync"]);
	expect((await admin("DELETE", "/providers/openai/models")).status).toBe(200);
	expect((await admin("GET", "/models/openai/gpt-of-tomorrow")).status).toBe(404);
});

describe("a list that is", () => {
	test.each([
		["down", [{ fault: "error", status: 503 }], {}, "overloaded"],
		["refused", [{ fault: "error", status: 401 }], {}, "credential"],
		["cut off", [{ fault: "garbage" }], {}, "malformed"],
		["a web page", [{ fault: "html" }], {}, "malformed"],
		["empty", [{ fault: "empty" }], {}, "malformed"],
		["huge", [], { pad: 9_000_000 }, "malformed"],
	])("%s changes nothing and says why", async (_, list, change, kind) => {
		await faults(...list.map((fault) => ({ ...fault, provider: "openrouter", model: "GET /models" })));
		await lists({ openrouter: change });
		const said = await sync("openrouter", { accept: { new: true, gone: true, dearer: true, cheaper: true } });
		expect(said).toMatchObject({ status: "failed", failure: { kind }, new: [], gone: [], learnt: null });
		const stored = await admin("GET", "/providers/openrouter/models/sync");
		expect(stored.body).toMatchObject({ id: said.id, status: "failed", failure: { kind } });
		await faults();
		expect((await completion({ model: `openrouter/${KNOWN}`, messages: user("Hello.") })).answer.model).toContain(
			"gpt-oss",
		);
	});

	test("malformed in places is read for the rest, and the rest is counted", async () => {
		const bad = [7, null, { id: 9 }, { id: "../../admin" }, { id: "a b" }, { id: "x/y", pricing: 3 }];
		await lists({ openrouter: { add: [...bad, NEW, { ...NEW, id: NEW.id.toUpperCase() }] } });
		const said = await sync("openrouter");
		expect(said).toMatchObject({ status: "ok", skipped: bad.length + 1, new: [{ id: NEW.id }], gone: [] });
	});

	test("slow to come is waited for, within bounds", async () => {
		await faults({ fault: "latency", ms: 300, provider: "openrouter", model: "GET /models" });
		expect((await sync("openrouter")).status).toBe("ok");
	});
});

describe("a provider that is added", () => {
	test.each([
		["groq", ["openai/gpt-oss-120b"], 2],
		["mistral", ["mistral-large-latest"], 1],
		["together", ["openai/gpt-oss-120b"], 1],
		["fireworks", ["accounts/fireworks/models/gpt-oss-120b"], 1],
		["cohere", ["command-a-03-2025"], 1],
		["moonshot", ["kimi-k2.6"], 0],
		["dashscope", ["qwen-plus", "qwen3-32b"], 1],
		["zhipu", ["glm-5", "glm-4.7"], 0],
		["volcengine", ["doubao-seed-2-0-pro"], 0],
		["xai", ["grok-4", "grok-4-fast"], 0],
		["minimax", ["MiniMax-M3"], 0],
		["hunyuan", ["hunyuan-turbos-latest"], 0],
		["stepfun", ["step-3"], 0],
		["qianfan", ["ernie-5.0"], 0],
	])("%s is asked for its models at once, and serves them", async (preset, ids, other) => {
		const name = `${preset}-asked`;
		const added = await admin("POST", "/providers", { preset, name });
		expect(added.body).toMatchObject({ models: [], models_sync: { status: "ok", listed: ids.length, other } });
		for (const id of ids) {
			const { answer } = await completion({ model: `${name}/${id}`, messages: user("Hello.") });
			expect(answer.choices[0]?.message.content).toContain("Hello.");
		}
		expect((await admin("DELETE", `/providers/${name}`)).status).toBe(200);
		// A new one of its name starts afresh: nothing is learnt of it.
		expect((await admin("POST", "/providers", { preset, name, models: [] })).body).not.toHaveProperty("models_sync");
		const { body } = await admin("GET", `/providers/${name}/models/versions?limit=1`);
		for (const version of body.data as { removed: boolean }[]) expect(version.removed).toBe(true);
		expect((await admin("GET", `/providers/${name}/models/sync`)).body).toMatchObject({ status: "never", apply: [] });
	});

	test("and does not answer is there all the same, and says why it has no models", async () => {
		await faults({ fault: "error", status: 500, provider: "zhipu", model: "GET /models" });
		const added = await admin("POST", "/providers", { preset: "zhipu", name: "zhipu-down" });
		expect([added.status, added.body.models_sync]).toMatchObject([
			201,
			{ status: "failed", failure: { kind: "server" } },
		]);
		await faults();
		expect(await sync("zhipu-down", { accept: { new: true } })).toMatchObject({ learnt: { applied: { new: 2 } } });
	});

	test("and lists none is not asked", async () => {
		const added = await admin("POST", "/providers", { preset: "perplexity", name: "perplexity-asked" });
		expect(added.body).toMatchObject({ models_sync: { status: "not_listed" } });
		const asked = await admin("POST", "/providers/perplexity-asked/models/sync");
		expect([asked.status, errorOf(asked).code]).toEqual([409, "models_not_listed"]);
	});
});

describe("once a day", () => {
	const HOUR = Date.UTC(2027, 0, 4, 6);
	const run = async (now: number) => {
		const context = createExecutionContext();
		await runJobs(bindings, now);
		await waitOnExecutionContext(context);
	};

	test("every provider is asked, and what it says is proposed, or applied where an admin says so", async () => {
		await lists({ openrouter: { add: [NEW, repriced("0.000009")] }, openai: { add: [{ id: "gpt-of-tomorrow" }] } });
		const set = await admin("PUT", "/providers/openrouter/models/sync", { apply: ["dearer"] });
		expect(set.body).toMatchObject({ apply: ["dearer"] });
		await run(HOUR);
		const openai = await admin("GET", "/providers/openai/models/sync");
		expect(openai.body).toMatchObject({
			status: "ok",
			counts: { new: 1 },
			apply: [],
			at: new Date(HOUR).toISOString(),
		});
		expect((await admin("GET", "/models/openai/gpt-of-tomorrow")).status).toBe(404);
		const { body } = await admin("GET", "/providers/openrouter/models/versions?limit=1");
		expect(body.data).toMatchObject([{ models: { [KNOWN]: { prices: [{ input: 9, output: 9 }] } } }]);
		expect((await admin("GET", `/models/openrouter/${NEW.id}`)).status).toBe(404);
		const [entry] = (await admin("GET", "/audit?kind=learnt_models&subject=openrouter")).body.data as { who: string }[];
		expect(entry?.who).toBe("gateway");

		await run(HOUR + 3_600_000);
		expect((await admin("GET", "/providers/openai/models/sync")).body.id).toBe(openai.body.id);
		await run(HOUR + 25 * 3_600_000);
		expect((await admin("GET", "/providers/openai/models/sync")).body.id).not.toBe(openai.body.id);
	});
});

test("a provider that lists more than can be kept is added all the same, and nothing is learnt at once", async () => {
	const long = Array.from({ length: 2_000 }, (_, at) => ({ id: `${at}${"x".repeat(195)}`, active: true }));
	await lists({ groq: { add: long } });
	const added = await admin("POST", "/providers", { preset: "groq", name: "groq-of-many" });
	expect(added.status, added.text.slice(0, 300)).toBe(201);
	expect(added.body).toMatchObject({ models_sync: { status: "ok", listed: 2_000, learnt: null } });
	expect((await admin("DELETE", "/providers/groq-of-many")).status).toBe(200);
});

test("what cannot be is refused, by its name", async () => {
	for (const [method, path, body, status, code, param] of [
		["POST", "/providers/nobody/models/sync", {}, 404, "provider_not_found", null],
		["GET", "/providers/nobody/models/sync", undefined, 404, "provider_not_found", null],
		["POST", "/providers/openai/models/sync", { accept: { newest: true } }, 400, "invalid_request", "accept.newest"],
		["POST", "/providers/openai/models/sync", { accept: { new: "all" } }, 400, "invalid_request", "accept.new"],
		["POST", "/providers/openai/models/sync", { proposal: "sync_1" }, 409, "proposal_superseded", "proposal"],
		["PUT", "/providers/openai/models/sync", { apply: ["all"] }, 400, "invalid_request", "apply[0]"],
		["POST", "/providers/openai/models/rollback", { version: 999 }, 404, "version_not_found", null],
		["DELETE", "/providers/deepseek/models", undefined, 404, "learnt_models_not_found", null],
	] as const) {
		const answer = await admin(method, path, body);
		expect([answer.status, errorOf(answer).code, errorOf(answer).param], path).toEqual([status, code, param]);
	}
});
