import { rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { IS_LONG, LEAVES_LOAD_TO_CI, SCALE } from "#test/support/scale";
import { drained } from "./drained";
import { Gateway } from "./gateway";
import { atRest, crowd, type Holder, holders, sumOf } from "./load";
import { growth, type MemorySample, runtimeMemory } from "./memory";
import { CUTTING, call, countFates, type Fate, VENDORS } from "./mixture";

/** `TOLLGATE_SOAK_MINUTES` says it otherwise. */
const MINUTES = Number(process.env.TOLLGATE_SOAK_MINUTES ?? (IS_LONG ? 20 : SCALE / 2));
/**
 * The first half of the time has the kills, one after each round; the last round is left alone, to see whether memory
 * settles.
 */
const KILLS = Math.max(1, Math.round(MINUTES / 5));
const LAST_MS = (MINUTES * 60_000) / 2;
const ROUND_MS = LAST_MS / KILLS;
const SOCKETS = 6;
/** Each caller waits so long before it asks again, in milliseconds. */
const PACE_MS = 200;
const SAMPLE_MS = 1_000;
/** The share of a round, from its beginning, in which memory is not judged: caches fill. */
const WARMING = 1 / 2;

/**
 * What vendors do, one after the other, many times a round. None of it has a steady model bill what it does not
 * deliver.
 */
const MOODS: readonly (readonly object[])[] = [
	[],
	CUTTING,
	[
		{ provider: "openai", fault: "error", status: 500 },
		{ provider: "anthropic", fault: "error", status: 429, headers: { "retry-after": "1" } },
	],
	[{ fault: "latency", ms: 700, rate: 0.3 }, ...CUTTING],
];
const MOOD_MS = ROUND_MS / 12;

let gateway: Gateway | undefined;
let state: string | undefined;
afterAll(async () => {
	await gateway?.stop();
	if (state !== undefined) await rm(state, { recursive: true, force: true });
});

it.skipIf(LEAVES_LOAD_TO_CI)(
	`${MINUTES} minutes of everything, with the runtime killed ${KILLS} times, leave the books as they should be`,
	{
		timeout: 240_000 + MINUTES * 120_000,
	},
	async () => {
		let running = await Gateway.start();
		gateway = running;
		({ state } = running);
		const { state: files } = running;
		const keys = [...(await holders(running, 2, "1000")), ...(await holders(running, 1, "1000"))];
		const fates: Fate[] = [];
		let asked = 0;
		const load = async (goesOn: () => boolean, paceMs = 0): Promise<void> => {
			const askNext = async (): Promise<void> => {
				fates.push(await call(running, keys, asked++));
				await pause(paceMs);
			};
			await crowd(SOCKETS, () => (goesOn() ? askNext() : null));
		};

		let before = new Map<string, number>();
		for (let round = 1; ; round++) {
			const until = Date.now() + (round > KILLS ? LAST_MS : ROUND_MS);
			const [samples] = await Promise.all([conduct(running, until), load(() => Date.now() < until, PACE_MS)]);
			await running.fault();
			const after = await excess(running, keys, files);
			// While nobody dies, what is completed is charged as it is billed, and what is cut not below that.
			for (const { provider, steady, shaky } of VENDORS) {
				const [calm, cut] = [`${provider}/${steady}`, `${provider}/${shaky}`];
				expect(after.get(calm), calm).toBe(before.get(calm) ?? 0);
				expect(after.get(cut), cut).toBeGreaterThanOrEqual(before.get(cut) ?? 0);
			}
			process.stdout.write(`soak: round ${round} of ${KILLS + 1}: ${asked} calls so far; ${told(samples)}\n`);
			if (round > KILLS) break;

			let killed: Promise<void> | null = null;
			const at = pause(500 + ((round * 977) % 1_500)).then(() => {
				killed = running.kill();
				return killed;
			});
			await load(() => killed === null);
			await at;
			running = await Gateway.start({ state: files });
			gateway = running;
			before = await excess(running, keys, files);
		}

		const { data } = await running.admin("GET", "/reconciliation?differs=true");
		expect(data).toEqual([]);
		const counts = countFates(fates);
		process.stdout.write(`soak: ${JSON.stringify(counts)}\n`);
		// How often vendors cut depends on the moment.
		for (const kind of ["completed", "answered", "left", "lost"] as const) {
			expect(counts[kind], kind).toBeGreaterThan(0);
		}
	},
);

/** Has vendors change their moods, runs what runs by the clock, and looks at the memory, until then. */
async function conduct(on: Gateway, until: number): Promise<MemorySample[]> {
	const samples: MemorySample[] = [];
	const begin = Date.now();
	for (let mood = -1; Date.now() < until; ) {
		const now = Math.floor((Date.now() - begin) / MOOD_MS);
		if (now !== mood) {
			mood = now;
			await on.fault(...(MOODS[mood % MOODS.length] ?? []));
			await on.tick();
		}
		const mib = await runtimeMemory(on.group);
		if (mib !== null) samples.push({ at: Date.now(), mib });
		await pause(Math.min(SAMPLE_MS, ROUND_MS / 50));
	}
	return samples;
}

/**
 * How much more was charged at each model than its vendor billed, in nano-dollars, when all is at rest and drained.
 * Throws when the log, the roll-ups, the outboxes and the ledger do not agree, or when the budgets know of less than
 * was billed.
 */
async function excess(on: Gateway, keys: readonly Holder[], files: string): Promise<Map<string, number>> {
	const { bill, budgets } = await atRest(on, keys);
	const log = await drained(on, keys, files);
	expect(log.cost - log.expired).toBe(sumOf(budgets, ({ settled, overrun }) => settled + overrun));
	expect(log.cost + sumOf(budgets, ({ unproven }) => unproven)).toBeGreaterThanOrEqual(bill.total_nano_usd);
	const models = VENDORS.flatMap(({ provider, steady, shaky }) => [
		{ provider, model: steady },
		{ provider, model: shaky },
	]);
	return new Map(
		models.map(({ provider, model }) => {
			const name = `${provider}/${model}`;
			return [name, (log.models.get(name) ?? 0) - (bill.providers[provider]?.models[model]?.nano_usd ?? 0)];
		}),
	);
}

function told(samples: readonly MemorySample[]): string {
	const warm = samples.slice(Math.floor(samples.length * WARMING));
	const [first, last, slope] = [warm[0], warm.at(-1), growth(warm)];
	if (first === undefined || last === undefined || slope === null) return "memory is not told by this system";
	return `workerd had ${first.mib.toFixed(0)} MiB when warm and ${last.mib.toFixed(0)} at the end, ${slope.toFixed(0)} MiB an hour`;
}
