import { rm } from "node:fs/promises";
import { afterAll, expect, it } from "vitest";
import { signedUsdString } from "#metering/money";
import { cases } from "#test/support/scale";
import { Gateway } from "./gateway";
import { ask, billed, budgetState, crowd, type Fate, type Holder, holders, settledBudgets, sumOf, tally } from "./load";

const KILLS = cases(3);
const SOCKETS = 32;
const NANO = 1_000_000_000;
/**
 * In USD. A crash may cost a budget what was held just then and two cents of head-room at each key, ten cents in all,
 * and there shall be something left to spend behind the last one.
 */
const LIMIT = 0.25 + KILLS / 10;
/** Two cents each: more than what both budgets could pay. */
const LAST = Math.ceil(LIMIT * 300);

let gateway: Gateway | undefined;
let state: string | undefined;
afterAll(async () => {
	await gateway?.stop();
	if (state !== undefined) await rm(state, { recursive: true, force: true });
});

it(`a runtime that is killed ${KILLS} times under load neither overspends nor forgets what it charged`, {
	timeout: 60_000 + KILLS * 60_000,
}, async () => {
	let running = await Gateway.start();
	gateway = running;
	({ state } = running);
	const purses = await Promise.all(
		[
			{ count: 1, model: "openai/gpt-5.5" },
			{ count: 5, model: "openai/gpt-5.6-sol" },
		].map(async ({ count, model }) => ({
			model,
			keys: await holders(running, count, String(LIMIT)),
			fates: [] as Fate[],
		})),
	);
	let asked = 0;
	const askNext = async (max_tokens: number): Promise<void> => {
		const number = asked++;
		const purse = purses[number % purses.length];
		const key = purse?.keys[number % purse.keys.length]?.key;
		if (purse === undefined || key === undefined) throw new Error("nobody to ask");
		purse.fates.push(await ask(running, { key, model: purse.model, max_tokens, stream: number % 3 === 0 }));
	};

	for (let kill = 1; kill <= KILLS; kill++) {
		const until = asked + 50 + ((kill * 37) % 60);
		let killed: Promise<void> | null = null;
		await crowd(SOCKETS, () => {
			if (killed !== null) return null;
			if (asked >= until) killed = running.kill();
			return askNext(60);
		});
		await killed;
		running = await Gateway.start({ state });
		gateway = running;
	}
	let rest = LAST;
	await crowd(SOCKETS, () => (rest-- > 0 ? askNext(600) : null));

	for (const { model, keys, fates } of purses) {
		const { answered, refused, limited, lost, cost } = tally(fates);
		const budgets = await settledBudgets(running, keys);
		const bill = await billed(running, model);
		const charged = sumOf(budgets, ({ settled, unproven }) => settled + unproven);
		expect(bill.nano_usd).toBeLessThanOrEqual(LIMIT * NANO);
		expect(charged).toBeLessThanOrEqual(LIMIT * NANO);
		expect(sumOf(budgets, ({ overrun }) => overrun)).toBe(0);
		expect(cost).toBeLessThanOrEqual(bill.nano_usd);
		expect(bill.nano_usd).toBeLessThanOrEqual(charged);
		expect(bill.requests).toBeGreaterThanOrEqual(answered);
		expect({ limited, isRefused: refused > 0, isLost: lost > 0 }).toEqual({
			limited: 0,
			isRefused: true,
			isLost: true,
		});
		for (const key of keys) await writtenOff(running, key);
	}
});

/** What no crash left a proof of is the admin's to take back. */
async function writtenOff(on: Gateway, key: Holder): Promise<void> {
	const before = await budgetState(on, key);
	if (before.unproven === 0) return;
	const route = `/keys/${key.id}/budget/${before.id}/write-off`;
	await on.admin("POST", route, { amount_usd: signedUsdString(before.unproven), reason: "the runtime was killed" });
	const after = await budgetState(on, key);
	expect(after).toEqual({ ...before, unproven: 0, remaining: before.remaining + before.unproven });
}
