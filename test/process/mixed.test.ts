import { rm } from "node:fs/promises";
import { afterAll, expect, it } from "vitest";
import { cases } from "../pure/scale";
import { drained } from "./drained";
import { Gateway } from "./gateway";
import { leave } from "./leave";
import { atRest, body, costOf, crowd, type Holder, holders, sumOf } from "./load";
import { StoredUsage } from "./stored-usage";

const CALLS = cases(420);
const SOCKETS = 12;

/** Of each vendor a model whose answers are completed, and one whose answers are cut. */
const VENDORS: Record<string, { steady: string; shaky: string }> = {
	openai: { steady: "gpt-5.4-mini", shaky: "gpt-4.1" },
	anthropic: { steady: "claude-haiku-5-5", shaky: "claude-sonnet-5" },
	deepseek: { steady: "deepseek-flash", shaky: "deepseek-v4-pro" },
	gemini: { steady: "gemini-3.1-flash-lite", shaky: "gemini-2.5-flash" },
	openrouter: { steady: "qwen/qwen3.7-plus", shaky: "x-ai/grok-4.3" },
	siliconflow: { steady: "zai-org/GLM-5.2", shaky: "moonshotai/Kimi-K2.6" },
	"workers-ai": { steady: "@cf/openai/gpt-oss-20b", shaky: "@cf/zai-org/glm-4.7-flash" },
};
const NAMES = Object.keys(VENDORS);
/** How an upstream may cut what it has begun, or fail before it; each strikes some of the calls of shaky models. */
const CUTS = ["cut_mid_stream", "error_frame", "clean_eof_mid_stream", "garbage", "reset", "empty"];

let gateway: Gateway | undefined;
let state: string | undefined;
afterAll(async () => {
	await gateway?.stop();
	if (state !== undefined) await rm(state, { recursive: true, force: true });
});

it("usage, the database, the ledger and the vendors agree on what was completed, and on nothing less than was cut", {
	timeout: 120_000 + CALLS * 500,
}, async () => {
	gateway = await Gateway.start();
	({ state } = gateway);
	const running = gateway;
	await running.watch(...NAMES);
	await running.fault(
		...NAMES.flatMap((provider) => {
			const { steady, shaky } = vendor(provider);
			return [
				{ provider, model: steady, fault: "error", status: 503, rate: 0.15 },
				{ provider, model: shaky, fault: "latency", ms: 200 },
				{ provider, model: shaky, fault: "slow", ms: 10 },
				...CUTS.map((fault) => ({ provider, model: shaky, fault, rate: 0.15 })),
			];
		}),
	);
	// Two that share a budget, and two with one of their own.
	const shared = await holders(running, 2, "1000");
	const own = [...(await holders(running, 1, "1000")), ...(await holders(running, 1, "1000"))];
	const keys = [...shared, ...own];

	let next = 0;
	const fates = await crowd(SOCKETS, () => (next < CALLS ? call(running, keys, next++) : null));
	const { bill, standings } = await atRest(running, keys);

	// The database against what the objects owed, and the callers.
	const log = await drained(running, keys, running.state);
	expect(log.requests).toBe(CALLS);
	expect(log.expired).toBe(0);
	const { requests, models } = await logged(running.state);
	for (const fate of fates) {
		if (fate.kind === "completed" || fate.kind === "rescued") expect(requests.get(fate.id), fate.id).toBe(fate.cost);
		// An attempt that was cut before it is charged as well.
		if (fate.kind === "answered") expect(requests.get(fate.id), fate.id).toBeGreaterThanOrEqual(fate.cost);
	}

	// The ledger.
	expect(sumOf(standings, ({ settled }) => settled)).toBe(log.cost);
	expect(sumOf(standings, ({ overrun, unproven }) => overrun + unproven)).toBe(0);

	// The usage API, for the admin and for a key's holder.
	for (const [index, { id, key }] of keys.entries()) {
		const settled = standings[index]?.settled;
		const headers = { authorization: `Bearer ${key}` };
		expect(sum(await usage(running, `key_id=${id}`))).toBe(settled);
		expect(sum(await (await running.call("/v1/usage", { headers })).json())).toBe(settled);
	}
	const teams = (await usage(running, "group_by=team")).data;
	const [first = 0, second = 0, third = 0, fourth = 0] = standings.map(({ settled }) => settled);
	expect(new Set(teams.map(nano))).toEqual(new Set([first + second, third, fourth]));
	for (const line of teams) {
		const { budgets } = await running.admin("GET", `/teams/${line.team_id}/budget`);
		for (const { settled_nano_usd } of budgets as { settled_nano_usd: number }[]) {
			expect(settled_nano_usd, `what the team's object knows of ${line.team_id}`).toBe(nano(line));
		}
	}

	// The vendors, model by model.
	const { data } = await usage(running, "group_by=provider,model");
	for (const provider of NAMES) {
		const { steady, shaky } = vendor(provider);
		const charged = (model: string) => {
			const line = data.find((each) => each.provider === provider && each.model === model);
			expect(line && nano(line), `${provider}/${model}`).toBe(models.get(`${provider}/${model}`));
			return line ? nano(line) : 0;
		};
		const lines = bill.providers[provider]?.models;
		expect(charged(steady), steady).toBe(lines?.[steady]?.nano_usd);
		expect(charged(shaky), shaky).toBeGreaterThanOrEqual(lines?.[shaky]?.nano_usd ?? 0);
		expect(lines?.[steady]?.unbilled, `failures of ${steady}`).toBeGreaterThan(0);
	}
	expect(sum({ data })).toBe(log.cost);
	const counts = ["completed", "rescued", "answered", "broken", "failed", "left"].map((kind) => {
		const count = fates.filter((fate) => fate.kind === kind).length;
		expect(count, kind).toBeGreaterThan(0);
		return `${count} ${kind}`;
	});
	process.stdout.write(
		`mixed: ${counts.join(", ")}; ${log.cost / 1e9} USD charged, ${bill.total_nano_usd / 1e9} billed\n`,
	);
});

type Fate =
	/** Of a model that nobody cuts, at once or by the next vendor; or of one that was not cut this time. */
	| {
			readonly kind: "completed" | "rescued" | "answered";
			/** The request's. */
			readonly id: string;
			readonly attempts: number;
			/** As the answer says, in nano-dollars. */
			readonly cost: number;
	  }
	/** A stream that the vendor cut, and a call of whose answer nothing was left. */
	| { readonly kind: "broken" | "failed" }
	/** The caller left, or wanted to when the vendor's cut came first. */
	| { readonly kind: "left" | "stayed" };

/** One call: by turns of every vendor, streamed and not, by every key; to be completed, to be cut, or to be left. */
async function call(on: Gateway, keys: readonly Holder[], number: number): Promise<Fate> {
	const round = Math.floor(number / NAMES.length);
	const provider = NAMES[number % NAMES.length] ?? "";
	const stream = round % 2 === 0;
	const key = keys[Math.floor(round / 6) % keys.length]?.key ?? "";
	const { steady, shaky } = vendor(provider);
	const cut = body({ model: `${provider}/${shaky}`, max_tokens: 24, stream });
	switch (round % 3) {
		case 0: {
			const next = NAMES[(number + 1) % NAMES.length] ?? "";
			const models = [`${provider}/${steady}`, `${next}/${vendor(next).steady}`];
			const fate = await ask(on, key, { ...cut, model: undefined, models }, stream);
			// Both may fail at once, and bill nothing.
			return fate.kind === "answered" ? { ...fate, kind: fate.attempts > 1 ? "rescued" : "completed" } : fate;
		}
		case 1:
			return ask(on, key, cut, stream);
		default: {
			const after = 30 + ((number * 29) % 150);
			const left = await leave(on, key, cut, stream ? { leaves: (_, pieces) => pieces > number % 6 } : { after });
			return { kind: left ? "left" : "stayed" };
		}
	}
}

async function ask(on: Gateway, key: string, asked: object, stream: boolean): Promise<Fate> {
	const response = await on.chat(asked, { headers: { authorization: `Bearer ${key}` } });
	const text = await response.text();
	if (!response.ok) return { kind: "failed" };
	if (stream && text.includes('data: {"error":')) return { kind: "broken" };
	const header = (name: string) => response.headers.get(name) ?? "";
	const attempts = header("x-tollgate-attempts").split(",").length;
	return { kind: "answered", id: header("x-request-id"), attempts, cost: costOf(text, stream) };
}

function vendor(provider: string): { steady: string; shaky: string } {
	const known = VENDORS[provider];
	if (known === undefined) throw new Error(`no vendor ${provider}`);
	return known;
}

interface Line {
	readonly provider: string | null;
	readonly model: string | null;
	readonly team_id: string | null;
	readonly cost: string;
}

async function usage(on: Gateway, query: string): Promise<{ data: Line[] }> {
	return (await on.admin("GET", `/usage?${query}`)) as never;
}

function sum({ data }: { data: readonly Line[] }): number {
	return data.reduce((all, line) => all + nano(line), 0);
}

function nano({ cost }: Line): number {
	return Math.round(Number(cost) * 1e9);
}

/** What the log has: the cost of each request, and of all attempts at each model. */
async function logged(files: string): Promise<{ requests: Map<string, number>; models: Map<string, number> }> {
	const stored = await StoredUsage.open(files);
	const requests = stored.rows<{ id: string; cost: number }>("SELECT id, cost FROM request_log");
	const models = stored.rows<{ model: string; cost: number }>(
		`SELECT (value ->> 'provider') || '/' || (value ->> 'model') AS model, sum(value ->> 'cost') AS cost
			FROM request_log, json_each(attempts) GROUP BY 1`,
	);
	stored.close();
	return {
		requests: new Map(requests.map(({ id, cost }) => [id, cost])),
		models: new Map(models.map(({ model, cost }) => [model, cost])),
	};
}
