import { rm } from "node:fs/promises";
import { afterAll, expect, it } from "vitest";
import { cases } from "#test/support/scale";
import { drained } from "./drained";
import { Gateway } from "./gateway";
import { atRest, crowd, holders, sumOf } from "./load";
import { CUTTING, call, countFates, VENDORS } from "./mixture";
import { StoredUsage } from "./stored-usage";

const CALLS = cases(420, 210);
const SOCKETS = 12;

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
	await running.watch(...VENDORS.map(({ provider }) => provider));
	await running.fault(...CUTTING);
	// Two that share a budget, and two with one of their own.
	const shared = await holders(running, 2, "1000");
	const own = [...(await holders(running, 1, "1000")), ...(await holders(running, 1, "1000"))];
	const keys = [...shared, ...own];

	let next = 0;
	const fates = await crowd(SOCKETS, () => (next < CALLS ? call(running, keys, next++) : null));
	const { bill, budgets } = await atRest(running, keys);

	// The database against what the objects owed, and the callers.
	const log = await drained(running, keys, running.state);
	expect(log.requests).toBe(CALLS);
	expect(log.expired).toBe(0);
	const requests = await logged(running.state);
	for (const fate of fates) {
		if (fate.kind === "completed" || fate.kind === "rescued") expect(requests.get(fate.id), fate.id).toBe(fate.cost);
		// An attempt that was cut before it is charged as well.
		if (fate.kind === "answered") expect(requests.get(fate.id), fate.id).toBeGreaterThanOrEqual(fate.cost);
	}

	// The ledger.
	expect(sumOf(budgets, ({ settled }) => settled)).toBe(log.cost);
	expect(sumOf(budgets, ({ overrun, unproven }) => overrun + unproven)).toBe(0);

	// The usage API, for the admin and for a key's holder.
	for (const [index, { id, key }] of keys.entries()) {
		const settled = budgets[index]?.settled;
		const headers = { authorization: `Bearer ${key}` };
		expect(sum(await usage(running, `key_id=${id}`))).toBe(settled);
		expect(sum(await (await running.call("/v1/usage", { headers })).json())).toBe(settled);
	}
	const teams = (await usage(running, "group_by=team")).data;
	const [first = 0, second = 0, third = 0, fourth = 0] = budgets.map(({ settled }) => settled);
	expect(new Set(teams.map(nano))).toEqual(new Set([first + second, third, fourth]));
	for (const line of teams) {
		const { budgets } = await running.admin("GET", `/teams/${line.team_id}/budget`);
		for (const { settled_nano_usd } of budgets as { settled_nano_usd: number }[]) {
			expect(settled_nano_usd, `what the team's object knows of ${line.team_id}`).toBe(nano(line));
		}
	}

	// The vendors, model by model.
	const { data } = await usage(running, "group_by=provider,model");
	for (const { provider, steady, shaky } of VENDORS) {
		const charged = (model: string) => {
			const line = data.find((each) => each.provider === provider && each.model === model);
			expect(line && nano(line), `${provider}/${model}`).toBe(log.models.get(`${provider}/${model}`));
			return line ? nano(line) : 0;
		};
		const lines = bill.providers[provider]?.models;
		expect(charged(steady), steady).toBe(lines?.[steady]?.nano_usd);
		expect(charged(shaky), shaky).toBeGreaterThanOrEqual(lines?.[shaky]?.nano_usd ?? 0);
		expect(lines?.[steady]?.unbilled, `failures of ${steady}`).toBeGreaterThan(0);
	}
	expect(sum({ data })).toBe(log.cost);
	const counts = countFates(fates);
	for (const kind of ["completed", "rescued", "answered", "broken", "failed", "left"] as const) {
		expect(counts[kind], kind).toBeGreaterThan(0);
	}
	expect(counts.lost).toBeUndefined();
	process.stdout.write(
		`mixed: ${JSON.stringify(counts)}; ${log.cost / 1e9} USD charged, ${bill.total_nano_usd / 1e9} billed\n`,
	);
});

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

/** The cost of each request in the log. */
async function logged(files: string): Promise<Map<string, number>> {
	const stored = await StoredUsage.open(files);
	const requests = stored.rows<{ id: string; cost: number }>("SELECT id, cost FROM request_log");
	stored.close();
	return new Map(requests.map(({ id, cost }) => [id, cost]));
}
