import { expect, test } from "vitest";
import { DEFAULT_RULES } from "#router/ranking/default-rules";
import { send } from "#test/worker/gateway";
import { type Answer, admin, errorOf, issueKey, listModels, read } from "./admin-client";

const RULES = {
	...DEFAULT_RULES,
	pool: ["deepseek/*"],
	optimize: "cost",
	rules: [
		{
			name: "code",
			when: { asks: ["code"] },
			skill: "code",
			tier: 4,
			optimize: null,
			by: "score",
			prefer: ["deepseek/deepseek-v4-pro"],
		},
	],
};

async function pool(): Promise<string[]> {
	const { key } = await issueKey();
	const list = await listModels({ "x-api-key": key });
	const auto = (list.body.data as { id: string; models?: string[] }[]).find(({ id }) => id === "auto");
	return [...new Set((auto?.models ?? []).map((model) => model.split("/", 1)[0] ?? ""))];
}

function shown({ body }: Answer): object {
	const { pool, optimize, weights, rules } = body;
	return { pool, optimize, weights, rules };
}

test("the rules of auto are data: read, replaced, put back and dropped, and hold at once", async () => {
	const first = await admin("GET", "/routing-rules");
	expect(first.body).toMatchObject({ object: "routing_rules", source: "default", version: 0, updated_at: null });
	expect(shown(first)).toEqual(DEFAULT_RULES);
	expect((await admin("DELETE", "/routing-rules")).status).toBe(404);
	expect((await pool()).length).toBeGreaterThan(3);
	expect(await admin("GET", "/routing-rules/versions")).toMatchObject({ status: 200, body: { data: [] } });

	const replaced = await admin("PUT", "/routing-rules", RULES);
	expect(replaced.status, replaced.text).toBe(200);
	expect(replaced.body).toMatchObject({ source: "admin", version: 1 });
	expect(shown(replaced)).toEqual(RULES);
	expect((await admin("GET", "/routing-rules")).body).toEqual(replaced.body);
	expect(await pool()).toEqual(["deepseek"]);

	await admin("PUT", "/routing-rules", { ...RULES, pool: ["openai/*"] });
	expect(await pool()).toEqual(["openai"]);
	const dropped = await admin("DELETE", "/routing-rules");
	expect(dropped.body).toMatchObject({ source: "default", version: 3 });
	expect(shown(dropped)).toEqual(DEFAULT_RULES);
	const back = await admin("POST", "/routing-rules/rollback", { version: 1 });
	expect(back.body).toMatchObject({ source: "admin", version: 4, pool: ["deepseek/*"] });
	expect(await pool()).toEqual(["deepseek"]);

	const { body } = await admin("GET", "/routing-rules/versions");
	expect(body.data).toMatchObject([
		{ version: 4, removed: false, pool: ["deepseek/*"] },
		{ version: 3, removed: true },
		{ version: 2, pool: ["openai/*"] },
		{ version: 1, pool: ["deepseek/*"] },
	]);
	const audit = await admin("GET", "/audit?kind=routing_rules");
	expect((audit.body.data as { action: string }[]).map(({ action }) => action)).toEqual([
		"rollback",
		"delete",
		"update",
		"update",
	]);
});

test.each<[object, string]>([
	[{ pool: [] }, "pool"],
	[{ pool: undefined }, "pool"],
	[{ optimize: "fun" }, "optimize"],
	[{ weights: { ...DEFAULT_RULES.weights, cost: { quality: 0, cost: 0, latency: 0, success: 0 } } }, "weights.cost"],
	[{ rules: [{ ...RULES.rules[0], tier: 6 }] }, "rules[0].tier"],
	[{ rules: [{ ...RULES.rules[0], when: { colour: "red" } }] }, "rules[0].when.colour"],
	[{ colour: "red" }, "colour"],
])("wrong rules are a 400 that names the field: %j", async (fields, param) => {
	const before = await admin("GET", "/routing-rules");
	const answer = await admin("PUT", "/routing-rules", { ...RULES, ...fields });
	expect(answer.status).toBe(400);
	expect(errorOf(answer).param).toBe(param);
	expect((await admin("GET", "/routing-rules")).body).toEqual(before.body);
});

test("of several changes at once each is a version of its own or told to look again", async () => {
	const before = Number((await admin("GET", "/routing-rules")).body.version);
	const answers = await Promise.all(Array.from({ length: 5 }, () => admin("PUT", "/routing-rules", RULES)));
	const made = answers.filter(({ status }) => status === 200).map(({ body }) => Number(body.version));
	expect(made.length).toBeGreaterThan(0);
	expect(made.toSorted((a, b) => a - b)).toEqual(made.map((_, index) => before + 1 + index));
	for (const loser of answers.filter(({ status }) => status !== 200)) {
		expect(errorOf(loser).code).toBe("routing_rules_changed");
	}
});

test("a key's list of models has the aliases and auto as far as it may use one of their models", async () => {
	await admin("POST", "/aliases", { name: "pair", models: ["openai/gpt-4o-mini", "deepseek/deepseek-flash"] });
	await admin("POST", "/aliases", { name: "lone", models: ["openai/gpt-5.4"] });
	await admin("PUT", "/routing-rules", { ...RULES, pool: ["openai/*"] });
	const show = async (key: string, id: string) =>
		read(await send(`http://gateway/v1/models/${id}`, { headers: { "x-api-key": key } }));
	const named = (list: Answer) =>
		(list.body.data as { id: string }[]).map(({ id }) => id).filter((id) => !id.includes("/"));

	const all = await issueKey();
	const list = await listModels({ "x-api-key": all.key });
	expect(named(list)).toEqual(expect.arrayContaining(["auto", "pair", "lone"]));
	const pair = await show(all.key, "Pair");
	expect(pair.body).toMatchObject({
		id: "pair",
		object: "model",
		owned_by: "tollgate",
		models: ["openai/gpt-4o-mini", "deepseek/deepseek-flash"],
		pricing: null,
	});
	expect(list.body.data).toContainEqual(pair.body);

	const some = await issueKey({ providers: ["deepseek"] });
	expect(named(await listModels({ "x-api-key": some.key }))).toEqual(["pair"]);
	expect((await show(some.key, "pair")).body.models).toEqual(["deepseek/deepseek-flash"]);
	for (const id of ["lone", "auto"]) expect((await show(some.key, id)).status).toBe(404);
});
