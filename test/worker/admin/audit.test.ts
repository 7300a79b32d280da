import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import type { Env } from "#env";
import { ROUTES } from "#http/route-table";
import { DEFAULT_RULES } from "#router/ranking/default-rules";
import { ADMIN_TOKEN, send } from "#test/worker/gateway";
import { type Answer, admin, errorOf, issueKey, read } from "./admin-client";

const bindings = env as unknown as Env;

interface Entry {
	id: string;
	who: string;
	request_id: string;
	kind: string;
	subject: string;
	action: string;
	before: Record<string, unknown> | null;
	after: Record<string, unknown> | null;
}

async function entries(query = ""): Promise<Entry[]> {
	const answer = await admin("GET", `/audit${query}`);
	if (answer.status !== 200) throw new Error(answer.text);
	return answer.body.data as Entry[];
}

const must = async (answer: Promise<Answer>): Promise<Answer> => {
	const came = await answer;
	if (came.status >= 300) throw new Error(came.text);
	return came;
};

const budgets = [{ limit_usd: "10", window: "total" }];
const budgetOf = (answer: Answer) => (answer.body.budgets as { id: string }[])[0]?.id;
const newTeam = () => must(admin("POST", "/teams", { name: "before", budgets }));
const newProvider = async () => {
	const name = `p-${crypto.randomUUID()}`;
	await must(admin("POST", "/providers", { name, base_url: "https://llm.acme.example/v1", models: [] }));
	return name;
};

const MODEL = "openai/gpt-4o-mini";
const OTHER = "deepseek/deepseek-flash";
const newAlias = () => {
	const name = `a-${crypto.randomUUID()}`;
	const answer = must(admin("POST", "/aliases", { name, models: [MODEL] }));
	return { answer, name: answer.then(() => name) };
};
let serial = 0;
const newCredential = async () => {
	const path = `/providers/${await newProvider()}/credentials`;
	const answer = await must(admin("POST", path, { credential: "canary-credential" }));
	return { answer, path: `${path}/${answer.body.id}` };
};
const newRules = () => must(admin("PUT", "/routing-rules", { ...DEFAULT_RULES, pool: [`x-${crypto.randomUUID()}/*`] }));
const newAlert = () =>
	must(
		admin("POST", "/alerts", {
			name: "before",
			when: { type: "reconciliation" },
			send_to: { shape: "slack", url: "https://chat.example.com/canary-credential" },
		}),
	);

/** A request for a key that waits. */
async function newAsk(): Promise<string> {
	const { id } = (await newTeam()).body;
	const member = { name: "lin", role: "member", teams: [id], owner_id: "lin" };
	const { token } = (await must(admin("POST", "/tokens", member))).body;
	const answer = await send("http://localhost/admin/key-requests", {
		method: "POST",
		headers: { authorization: `Bearer ${token}` },
		body: JSON.stringify({ team_id: id, name: "wanted" }),
	});
	return ((await read(answer)).body.request as { id: string }).id;
}

/** A model that DeepSeek lists since a moment ago is learnt. */
async function learnOfDeepseek() {
	const add = [{ id: `deepseek-of-${++serial}`, object: "model" }];
	await send("http://gateway/_simulator/lists", { method: "PUT", body: JSON.stringify({ deepseek: { add } }) });
	return must(admin("POST", "/providers/deepseek/models/sync", { accept: { new: true } }));
}

/** One successful change by each admin route that can make one. A new route needs an entry, or a reason below. */
const CHANGES: Record<string, () => Promise<Answer>> = {
	"POST /admin/teams": newTeam,
	"PATCH /admin/teams/:id": async () => admin("PATCH", `/teams/${(await newTeam()).body.id}`, { name: "after" }),
	"POST /admin/keys": async () =>
		admin("POST", "/keys", { team_id: (await newTeam()).body.id, name: "a key", models: ["openai/*"] }),
	"PATCH /admin/keys/:id": async () => admin("PATCH", `/keys/${(await issueKey()).id}`, { name: "after", budgets }),
	"DELETE /admin/keys/:id": async () => admin("DELETE", `/keys/${(await issueKey()).id}`),
	"POST /admin/keys/:id/revoke": async () => admin("POST", `/keys/${(await issueKey()).id}/revoke`),
	"POST /admin/keys/:id/rotate": async () => admin("POST", `/keys/${(await issueKey()).id}/rotate`, {}),
	"POST /admin/keys/:id/budget/:budget_id/adjust": async () => {
		const { id } = await issueKey({ budgets });
		const path = `/keys/${id}/budget/${budgetOf(await admin("GET", `/keys/${id}`))}/adjust`;
		return admin("POST", path, { amount_usd: "1", reason: "a try" });
	},
	"POST /admin/teams/:id/budget/:budget_id/adjust": async () => {
		const team = await newTeam();
		const path = `/teams/${team.body.id}/budget/${budgetOf(team)}/adjust`;
		return admin("POST", path, { amount_usd: "1", reason: "a try" });
	},
	"POST /admin/providers": async () =>
		admin("POST", "/providers", {
			name: `p-${crypto.randomUUID()}`,
			base_url: "https://llm.acme.example/v1",
			credential: "canary-credential",
			models: [],
		}),
	"PATCH /admin/providers/:name": async () =>
		admin("PATCH", `/providers/${await newProvider()}`, { credential: "canary-credential" }),
	"DELETE /admin/providers/:name": async () => admin("DELETE", `/providers/${await newProvider()}`),
	"POST /admin/aliases": async () => newAlias().answer,
	"PUT /admin/aliases/:name": async () => admin("PUT", `/aliases/${await newAlias().name}`, { models: [MODEL, OTHER] }),
	"DELETE /admin/aliases/:name": async () => admin("DELETE", `/aliases/${await newAlias().name}`),
	"POST /admin/aliases/:name/rollback": async () => {
		const name = await newAlias().name;
		await must(admin("PUT", `/aliases/${name}`, { models: [OTHER] }));
		return admin("POST", `/aliases/${name}/rollback`, { version: 1 });
	},
	"POST /admin/providers/:name/credentials": async () => (await newCredential()).answer,
	"PATCH /admin/providers/:name/credentials/:id": async () =>
		admin("PATCH", (await newCredential()).path, { weight: 2 }),
	"DELETE /admin/providers/:name/credentials/:id": async () => admin("DELETE", (await newCredential()).path),
	"PATCH /admin/models/:provider/:model+": async () => admin("PATCH", `/models/${MODEL}`, { context: ++serial + 1000 }),
	"DELETE /admin/models/:provider/:model+": async () => {
		await must(admin("PATCH", `/models/${MODEL}`, { context: ++serial + 1000 }));
		return admin("DELETE", `/models/${MODEL}`);
	},
	"POST /admin/models/:provider/:model+/rollback": async () => {
		await must(admin("PATCH", `/models/${MODEL}`, { context: ++serial + 1000 }));
		const { body } = await must(admin("PATCH", `/models/${MODEL}`, { context: ++serial + 1000 }));
		return admin("POST", `/models/${MODEL}/rollback`, { version: Number(body.version) - 1 });
	},
	"PUT /admin/providers/:name/models/sync": async () =>
		admin("PUT", "/providers/openai/models/sync", { apply: ++serial % 2 === 0 ? ["new"] : ["new", "gone"] }),
	"POST /admin/providers/:name/models/sync": async () => learnOfDeepseek(),
	"POST /admin/providers/:name/models/rollback": async () => {
		const { version } = (await learnOfDeepseek()).body.learnt as { version: number };
		await must(learnOfDeepseek());
		return admin("POST", "/providers/deepseek/models/rollback", { version });
	},
	"DELETE /admin/providers/:name/models": async () => {
		await must(learnOfDeepseek());
		return admin("DELETE", "/providers/deepseek/models");
	},
	"PUT /admin/routing-rules": newRules,
	"DELETE /admin/routing-rules": async () => {
		await newRules();
		return admin("DELETE", "/routing-rules");
	},
	"POST /admin/models/:provider": async () => admin("POST", "/models/openai", { id: `m-${crypto.randomUUID()}` }),
	"PUT /admin/defaults": async () => admin("PUT", "/defaults", { model: MODEL }),
	"PUT /admin/teams/:id/defaults": async () =>
		admin("PUT", `/teams/${(await newTeam()).body.id}/defaults`, { unpriced: "refuse" }),
	"POST /admin/routing-rules/rollback": async () => {
		await newRules();
		await newRules();
		return admin("POST", "/routing-rules/rollback", { version: 1 });
	},
	"POST /admin/circuits/:provider/force": async () =>
		admin("POST", "/circuits/openai/force", { state: "observe", ttl_seconds: 1, reason: "a try" }),
	"POST /admin/circuits/:provider/reset": async () => admin("POST", "/circuits/openai/reset"),
	"POST /admin/alerts": newAlert,
	"PATCH /admin/alerts/:id": async () => admin("PATCH", `/alerts/${(await newAlert()).body.id}`, { disabled: true }),
	"POST /admin/tokens": async () => admin("POST", "/tokens", { name: "a token", role: "viewer" }),
	"DELETE /admin/tokens/:id": async () =>
		admin("DELETE", `/tokens/${(await admin("POST", "/tokens", { name: "a token", role: "viewer" })).body.id}`),
	"POST /admin/invitations": async () => admin("POST", "/invitations", { role: "viewer" }),
	"DELETE /admin/invitations/:id": async () =>
		admin("DELETE", `/invitations/${(await admin("POST", "/invitations", { role: "viewer" })).body.id}`),
	"POST /admin/key-requests/:id/approve": async () => admin("POST", `/key-requests/${await newAsk()}/approve`),
	"POST /admin/key-requests/:id/refuse": async () =>
		admin("POST", `/key-requests/${await newAsk()}/refuse`, { reason: "no need" }),
	"DELETE /admin/alerts/:id": async () => admin("DELETE", `/alerts/${(await newAlert()).body.id}`),
};

/** Admin routes that are not GET and need no entry of their own here, and why. */
const EXCUSED: Record<string, string> = {
	"POST /admin/alerts/:id/test": "changes nothing",
	"DELETE /admin/session": "signs out: what a person may do stays the same",
	"DELETE /admin/sessions/:id": "signs a person out, who may sign in again",
	"POST /admin/providers/:name/test": "changes nothing; each call and its cost are a row of their own",
	"POST /admin/keys/:id/route": "changes nothing: it is a dry run",
	"POST /admin/key-requests": "is a member's, and shown in self-service.test.ts",
	"POST /admin/reconciliation/imports": "is shown in reconciliation.test.ts, where there are exports",
	"DELETE /admin/requests/:id/payload": "is shown in payloads.test.ts, where there are payloads",
	"POST /admin/keys/:id/budget/:budget_id/write-off": "nothing is unproven here; it shares the code of an adjustment",
};

const changing = ROUTES.filter(({ access, method }) => access === "admin" && method !== "GET").map(
	({ method, path }) => `${method} ${path}`,
);

test("every admin route that changes something is walked here, or excused", () => {
	expect([...Object.keys(CHANGES), ...Object.keys(EXCUSED)].sort()).toEqual(changing.sort());
});

describe.each(Object.entries(CHANGES))("%s", (_name, change) => {
	test("is on record, with what it changed, and without secrets", async () => {
		const answer = await must(change());
		const requestId = answer.headers.get("x-request-id");
		const [entry] = (await entries()).filter(({ request_id }) => request_id === requestId);
		if (entry === undefined) throw new Error("no entry");
		expect(entry.who).toBe("admin");
		expect(entry.before).not.toEqual(entry.after);
		const text = JSON.stringify(entry);
		expect(text).not.toContain("canary-credential");
		if (typeof answer.body.key === "string") expect(text).not.toContain(answer.body.key);
		expect(text).not.toMatch(/"(digest|destination)"|\\"v\\":1/);
	});
});

describe("the audit", () => {
	test("says what was before and after", async () => {
		const { body } = await newTeam();
		await admin("PATCH", `/teams/${body.id}`, { name: "after", limits: { requests_per_minute: 5 } });
		const [updated, created] = await entries(`?kind=team&subject=${body.id}`);
		expect(created).toMatchObject({ action: "create", before: null, after: { name: "before", limits: {} } });
		expect(updated).toMatchObject({
			action: "update",
			before: { name: "before", limits: {} },
			after: { name: "after", limits: { requestsPerMinute: 5 } },
		});
	});

	test("names the admin who says who it is, and refuses a name that is none", async () => {
		const post = (actor: string) =>
			send("http://localhost/admin/teams", {
				method: "POST",
				headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "x-tollgate-actor": actor },
				body: JSON.stringify({ name: "a team" }),
			}).then(read);
		const { body } = await post("mei@example.com");
		expect(await entries(`?subject=${body.id}&who=admin:mei@example.com`)).toHaveLength(1);
		expect(await entries(`?subject=${body.id}&who=admin`)).toHaveLength(0);
		const refused = await post("a b");
		expect(refused.status).toBe(400);
		expect(errorOf(refused).param).toBe("x-tollgate-actor");
	});

	test("has no entry for what changed nothing: a repetition, or a change that was refused", async () => {
		const { id } = await issueKey();
		await admin("POST", `/keys/${id}/revoke`);
		await admin("POST", `/keys/${id}/revoke`);
		await admin("PATCH", `/keys/${id}`, { name: "after" });
		expect((await entries(`?subject=${id}`)).map(({ action }) => action)).toEqual(["revoke", "create"]);
	});

	test("shows that a refused change of money was taken back", async () => {
		const { id } = await issueKey({ budgets });
		const budget = budgetOf(await admin("GET", `/keys/${id}`));
		const change = `chg-${crypto.randomUUID()}`;
		const body = { id: change, amount_usd: "1", reason: "nothing is unproven" };
		expect((await admin("POST", `/keys/${id}/budget/${budget}/write-off`, body)).status).toBe(409);
		const actions = (await entries(`?kind=budget_change&subject=${change}`)).map(({ action }) => action);
		expect(actions).toEqual(["withdraw", "record"]);
	});

	test("is one transaction with the change: neither without the other", async () => {
		const { body } = await newTeam();
		const real = bindings.DB.batch.bind(bindings.DB);
		vi.spyOn(bindings.DB, "batch").mockImplementationOnce((statements) =>
			real([...statements, bindings.DB.prepare("SELECT * FROM no_such_table")]),
		);
		expect((await admin("PATCH", `/teams/${body.id}`, { name: "after" })).status).toBe(503);
		expect((await admin("GET", `/teams/${body.id}`)).body.name).toBe("before");
		expect(await entries(`?subject=${body.id}`)).toHaveLength(1);
	});

	test("is read in pages, newest first, by filters that must be known", async () => {
		const { body } = await newTeam();
		for (const name of ["b", "c", "d"]) await admin("PATCH", `/teams/${body.id}`, { name });
		const first = await admin("GET", `/audit?subject=${body.id}&limit=3`);
		expect(first.body).toMatchObject({ has_more: true });
		const second = await admin("GET", `/audit?subject=${body.id}&limit=3&after=${first.body.next}`);
		expect(second.body).toMatchObject({ has_more: false, data: [{ action: "create" }] });
		const at = String((second.body.data as { at: string }[])[0]?.at);
		expect(await entries(`?subject=${body.id}&to=${at}`)).toHaveLength(0);
		expect(await entries(`?subject=${body.id}&from=${at}`)).toHaveLength(4);
		for (const query of ["?kind=nothing", "?colour=red", "?from=yesterday", "?limit=0", "?who=a&who=b"]) {
			expect((await admin("GET", `/audit${query}`)).status).toBe(400);
		}
	});
});
