import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, expect, it, vi } from "vitest";
import { ADMIN_TOKEN, Gateway } from "./gateway";
import { keptFiles, spellings } from "./state-files";
import { Upstream } from "./upstream";

let gateway: Gateway | undefined;
let upstream: Upstream | undefined;
let state: string | undefined;
const receiver = createServer((request, response) => {
	request.resume().on("end", () => response.end());
});
afterAll(async () => {
	await gateway?.stop();
	await upstream?.stop();
	receiver.close();
	if (state !== undefined) await rm(state, { recursive: true, force: true });
});

/** A secret that no other text looks like. */
const canary = (name: string) => `canary${name}${crypto.randomUUID().replaceAll("-", "")}`;
const SECRETS = {
	environment: `sk-${canary("environment")}`,
	added: `sk-${canary("added")}`,
	further: `sk-${canary("further")}`,
	replaced: `sk-${canary("replaced")}`,
	admin: canary("admin"),
	wrongKey: canary("key"),
	prompt: canary("prompt"),
	answer: canary("answer"),
	tool: canary("tool"),
	idempotency: canary("idempotency"),
	query: canary("query"),
	cookie: canary("cookie"),
	urlPassword: canary("password"),
	hook: canary("hook"),
	hookSecret: `whsec_${Buffer.from(canary("signature")).toString("base64")}`,
};

/** What somebody may see although it came from outside: it shows that the search can find things. */
const VISIBLE = canary("visible");

it("no secret that goes in is found in the log, the database, the edge copies, the objects, the payloads or the metrics", {
	timeout: 180_000,
}, async () => {
	receiver.listen(0, "127.0.0.1");
	await once(receiver, "listening");
	const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
	// A vendor that quotes the credential in whatever it says.
	upstream = await Upstream.start(({ play }) => (wire, { headers }) => {
		const quoted = String(headers.authorization);
		if (play.includes("401"))
			return wire.json({ error: { message: `Incorrect API key: ${quoted}`, code: quoted } }, 401);
		if (play.includes("400")) return wire.json({ error: { message: "no", code: quoted, param: quoted } }, 400);
		if (play.includes("500")) return wire.reply(500, { "content-type": "text/html" }, `<p>${quoted}</p>`);
		const message = { role: "assistant", content: SECRETS.answer };
		return wire.json({
			id: "1",
			object: "chat.completion",
			created: 1,
			model: "m",
			choices: [{ index: 0, message, finish_reason: "stop" }],
			usage: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 },
		});
	});
	gateway = await Gateway.start({
		env: { OPENAI_API_KEY: SECRETS.environment, OPENAI_BASE_URL: `${upstream.url}/v1` },
	});
	({ state } = gateway);
	const running = gateway;
	const said: string[] = [];
	const call = async (route: string, init: Parameters<Gateway["call"]>[1] = {}): Promise<number> => {
		const answer = await running.call(route, init);
		said.push(await answer.text());
		return answer.status;
	};
	const asAdmin = { authorization: `Bearer ${ADMIN_TOKEN}` };

	// Credentials of providers: from the environment, added, replaced, beside others, and in an address.
	const provider = {
		name: "acme",
		base_url: `${upstream.url}/v1`,
		models: [{ id: "large", prices: [{ input: 1, output: 1 }] }],
	};
	await running.admin("POST", "/providers", { ...provider, credential: SECRETS.added });
	await running.admin("PATCH", "/providers/acme", { credential: SECRETS.replaced });
	await running.admin("POST", "/providers/acme/credentials", { credential: SECRETS.further });
	const address = `https://user:${SECRETS.urlPassword}@acme.example/v1`;
	expect(
		await call("/admin/providers", { headers: asAdmin, body: { ...provider, name: "b", base_url: address } }),
	).toBe(400);

	// A key whose payloads are kept whole, and who may spend.
	const team = await running.admin("POST", "/teams", { name: VISIBLE });
	const issued = await running.admin("POST", "/keys", {
		team_id: team.id,
		name: "a key",
		payloads: { level: "full" },
		budgets: [{ limit_usd: "100", window: "month" }],
	});
	const rotated = await running.admin("POST", `/keys/${issued.id}/rotate`);
	const keys = [String(issued.key), String(rotated.key)];
	const headers = { authorization: `Bearer ${rotated.key}`, cookie: `session=${SECRETS.cookie}` };
	const ask = (model: string, play: string, more: object = {}) => ({
		headers,
		body: {
			model,
			messages: [
				{ role: "system", content: `${SECRETS.prompt} ${SECRETS.environment}` },
				{ role: "user", content: play },
			],
			tools: [
				{ type: "function", function: { name: "look_up", description: SECRETS.tool, parameters: { type: "object" } } },
			],
			...more,
		},
	});
	for (const model of ["openai/gpt-4o-mini", "acme/large"]) {
		expect(await call(`/v1/chat/completions?key=${SECRETS.query}`, ask(model, "answer"))).toBe(200);
		for (const play of ["401", "400", "500"]) await call("/v1/chat/completions", ask(model, play));
	}
	for (const model of ["anthropic/claude-haiku-5-5", "gemini/gemini-3.1-flash-lite"]) {
		await call("/v1/chat/completions", ask(model, SECRETS.prompt, { stream: true }));
	}
	const once_ = ask("acme/large", "answer");
	await call("/v1/chat/completions", { ...once_, headers: { ...headers, "idempotency-key": SECRETS.idempotency } });

	// What is refused, or goes wrong.
	await call("/v1/chat/completions", { ...once_, headers: { authorization: `Bearer tg_live_${SECRETS.wrongKey}` } });
	await call("/v1/models", { headers: { "x-api-key": SECRETS.wrongKey } });
	await call("/admin/keys", { headers: { authorization: `Bearer ${SECRETS.admin}` } });
	await call("/v1/chat/completions", { headers, body: `{"model": "${SECRETS.prompt}` });

	// An alert, whose address and secret are secrets too.
	const alert = await running.admin("POST", "/alerts", {
		name: "a hook",
		when: { type: "reconciliation" },
		send_to: { shape: "webhook", url: `${hook}/${SECRETS.hook}`, secret: SECRETS.hookSecret },
	});
	const heard = once(receiver, "request");
	await running.admin("POST", `/alerts/${alert.id}/test`);
	expect(String((await heard)[0].url)).toContain(SECRETS.hook);

	// All of it is in the database and the bucket by now, and the jobs have run.
	await vi.waitFor(async () => {
		const { data } = (await running.admin("GET", `/requests?key_id=${issued.id}&limit=100`)) as {
			data: { id: string }[];
		};
		expect(data.length).toBeGreaterThanOrEqual(11);
		for (const { id } of data.slice(-1)) await running.admin("GET", `/requests/${id}/payload`);
	}, 20_000);
	await running.tick();
	await call("/admin/usage?group_by=key,model,app", { headers: asAdmin });
	await call("/admin/audit?limit=100", { headers: asAdmin });
	await call("/admin/providers", { headers: asAdmin });
	await call("/admin/alerts", { headers: asAdmin });
	expect(await call("/metrics", { headers: asAdmin })).toBe(200);
	await running.kill();

	const files = await keptFiles(running.state);
	const found = (text: string) =>
		[...files, ["the log", Buffer.from(running.log)] as const].flatMap(([name, bytes]) =>
			spellings(text).some((spelling) => bytes.includes(spelling)) ? [name] : [],
		);
	// The search finds what may be seen, in each kind of place.
	expect(found(VISIBLE).some((name) => name.startsWith("d1/"))).toBe(true);
	const keyPlaces = found(String(issued.id)).join("\n");
	for (const place of ["d1/", "do/", "kv/", "the log"]) expect(keyPlaces).toContain(place);
	expect([...files.keys()].some((name) => name.startsWith("r2/") && name.includes("blobs"))).toBe(true);

	const leaks = Object.entries({ ...SECRETS, key: keys[0] ?? "", newKey: keys[1] ?? "" }).flatMap(([name, secret]) =>
		found(secret).map((place) => `${name} in ${place}`),
	);
	expect(leaks).toEqual([]);
	// Nor is the admin's own token anywhere but in what the runtime says of its settings when it starts.
	expect([...files].filter(([, bytes]) => bytes.includes(ADMIN_TOKEN)).map(([name]) => name)).toEqual([]);
	// Nobody is told another's secret, and nobody a provider's.
	for (const secret of [
		SECRETS.environment,
		SECRETS.added,
		SECRETS.further,
		SECRETS.replaced,
		SECRETS.hook,
		SECRETS.admin,
	]) {
		expect(said.filter((text) => text.includes(secret))).toEqual([]);
	}
});
