import { rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { IS_LONG, LEAVES_LOAD_TO_CI } from "#test/support/scale";
import { drained } from "./drained";
import { Gateway } from "./gateway";
import { ask, billed, budgetState, crowd, type Fate, holders, tally } from "./load";
import { StoredUsage } from "./stored-usage";

const KILLS = IS_LONG ? 100 : 4;
const SOCKETS = 16;
const MODEL = "openai/gpt-5.5";
/** What a copy of an object finds owed is flushed after the first time, what it owes itself after the second. */
const FLUSHES_MS = [1_000, 1_000, 1_000, 10_000];
/** A flush is over within this time, in milliseconds. */
const WITHIN_MS = 300;

let gateway: Gateway | undefined;
let state: string | undefined;
afterAll(async () => {
	await gateway?.stop();
	if (state !== undefined) await rm(state, { recursive: true, force: true });
});

it.skipIf(LEAVES_LOAD_TO_CI)(
	`a runtime that is killed ${KILLS} times in the middle of flushes loses nothing that it acknowledged, and doubles nothing`,
	{
		timeout: 120_000 + KILLS * 30_000,
	},
	async () => {
		let running = await Gateway.start();
		gateway = running;
		({ state } = running);
		const { state: files } = running;
		// One with a budget of its own, and three that share one.
		const keys = [...(await holders(running, 1, "1000")), ...(await holders(running, 3, "1000"))];
		const fates: Fate[] = [];
		let asked = 0;
		const askNext = async (): Promise<void> => {
			const number = asked++;
			const key = keys[number % keys.length]?.key ?? "";
			fates.push(await ask(running, { key, model: MODEL, max_tokens: 20, stream: number % 3 === 0 }));
		};

		// At first nothing goes wrong: then the ledger, the log, the roll-ups and the vendor agree to the nano-dollar.
		let calm = 60;
		await crowd(SOCKETS, () => (calm-- > 0 ? askNext() : null));
		const { answered, cost } = tally(fates);
		expect(answered).toBe(60);
		const before = await drained(running, keys, files);
		expect(before).toMatchObject({ requests: 60, cost, expired: 0 });
		expect(cost).toBe((await billed(running, MODEL)).nano_usd);

		let unconfirmed = 0;
		for (let kill = 0; kill < KILLS; kill++) {
			const wait = (FLUSHES_MS[kill % FLUSHES_MS.length] ?? 0) + ((kill * 97) % WITHIN_MS);
			let killed: Promise<void> | null = null;
			const at = pause(wait).then(() => {
				killed = running.kill();
				return killed;
			});
			await crowd(SOCKETS, () => (killed === null ? askNext() : null));
			await at;
			if (await hasUnconfirmed(files)) unconfirmed++;
			running = await Gateway.start({ state: files });
			gateway = running;
		}

		const after = await drained(running, keys, files);
		const bill = await billed(running, MODEL);
		const budgets = await Promise.all(keys.map((key) => budgetState(running, key)));
		const sum = (of: "settled" | "overrun" | "unproven" | "reserved"): number =>
			budgets.reduce((all, each) => all + each[of], 0);
		// The ledger counts a hold that ran out as unproven; the log counts it as an estimate.
		expect(after.cost - after.expired).toBe(sum("settled") + sum("overrun"));
		expect(after.cost + sum("unproven") + sum("reserved")).toBeGreaterThanOrEqual(bill.nano_usd);
		expect(tally(fates).lost).toBeGreaterThan(0);
		process.stdout.write(
			`usage: ${KILLS} kills, ${unconfirmed} of them between D1's commit and its confirmation; ${asked} requests, ${after.requests} in the log\n`,
		);
	},
);

/** Whether D1 has something that its object does not know to be there. */
async function hasUnconfirmed(files: string): Promise<boolean> {
	const stored = await StoredUsage.open(files);
	const query = "SELECT epoch, seq FROM outbox_marks WHERE object = ? ORDER BY epoch DESC LIMIT 1";
	const found = stored.outboxes.some(({ keyId, acknowledged: { epoch, seq } }) => {
		const [mark] = stored.rows<{ epoch: number; seq: number }>(query, `key/${keyId}`);
		return mark !== undefined && (mark.epoch > epoch || (mark.epoch === epoch && mark.seq > seq));
	});
	stored.close();
	return found;
}
