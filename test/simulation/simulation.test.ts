import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { OPERATION_NAMES } from "#core/operation-name";
import { cases } from "#test/support/scale";
import { type Kind, USUAL } from "./asks";
import { HONEST, type Mail, type Tally } from "./gateway";
import { MUTANTS } from "./mutants";
import { installPlatform } from "./time";
import { TRADES } from "./trades";
import { World } from "./world";

/** How many runs there are; each is its seed, so a seed that failed is run again by its number alone. */
const SEEDS = 300;
/** How many runs there are with a model without a known price, for each way to deal with it. */
const UNPRICED_SEEDS = 80;
/** How many runs there are in which the true cost of some attempts comes late. */
const JOB_SEEDS = 80;
/** In how many runs a mutant has to be found. */
const SEARCHED = 300;

let restore: () => void;
beforeAll(() => {
	restore = installPlatform();
	// The gateway logs what these runs do to it on purpose.
	vi.spyOn(console, "error").mockImplementation(() => {});
});
afterAll(() => restore());

interface Run {
	/** What went wrong, or null. */
	readonly wrong: unknown;
	readonly steps: number;
	readonly answers: ReadonlyMap<string, number>;
	readonly tally: Tally;
	/** Entries that D1 refused. */
	readonly refused: number;
	readonly remains: string;
}

async function run(seed: number, mail: Mail = HONEST, kind = USUAL): Promise<Run> {
	const world = new World(seed, mail, kind);
	let wrong: unknown = null;
	try {
		await world.run();
	} catch (error) {
		wrong = error;
	}
	const { steps, answers, tally, refused, remains } = world;
	world.close();
	return { wrong, steps, answers, tally, refused, remains };
}

/** The first seed from there on that a run goes wrong with, or null. */
async function firstWrong(mail: Mail, kind: Kind, from: number): Promise<number | null> {
	for (let seed = from; seed < from + SEARCHED; seed++) if ((await run(seed, mail, kind)).wrong !== null) return seed;
	return null;
}

describe("the whole gateway, over networks that fail and objects that die", () => {
	test("never spends more than a budget, ends every attempt once, and keeps nothing that nobody owes", async () => {
		const answers: Record<string, number> = {};
		const tally: Tally = { further: 0, copies: 0, claims: 0, unlisted: 0, operations: {}, late: 0 };
		let [steps, refused] = [0, 0];
		const count = cases(SEEDS, 150);
		for (let seed = 0; seed < count; seed++) {
			const one = await run(seed);
			if (one.wrong !== null) throw new Error(`seed ${seed}: ${one.wrong}`, { cause: one.wrong });
			steps += one.steps;
			refused += one.refused;
			tally.further += one.tally.further;
			tally.copies += one.tally.copies;
			tally.claims += one.tally.claims;
			for (const operation of OPERATION_NAMES) {
				const times = one.tally.operations[operation];
				if (times !== undefined) tally.operations[operation] = (tally.operations[operation] ?? 0) + times;
			}
			for (const [answer, times] of one.answers) answers[answer] = (answers[answer] ?? 0) + times;
		}
		process.stdout.write(
			`simulation: ${count} seeds, ${steps} steps, ${JSON.stringify({ ...answers, ...tally, refused })}\n`,
		);
		// A simulation in which nothing succeeds, or nothing is refused, shows nothing.
		expect(answers["200"]).toBeGreaterThan(3 * count);
		expect(answers.insufficient_quota).toBeGreaterThan(count);
		expect(tally.further).toBeGreaterThan(count / 50);
		expect(tally.copies).toBeGreaterThan(count / 50);
		expect(tally.claims).toBeGreaterThan(count / 100);
		expect(refused).toBeGreaterThan(count / 3);
		expect(answers.ledger_unavailable).toBeGreaterThan(count / 10);
		for (const operation of ["chat", ...TRADES.map((trade) => trade.operation)] as const)
			expect(tally.operations[operation], operation).toBeGreaterThan(count / 10);
	}, 3_600_000);

	test.each(["refuse", "ceiling"] as const)(
		"never spends more than a budget on a model without a known price, where the gateway's word is to %s",
		async (unpriced) => {
			const answers: Record<string, number> = {};
			let unlisted = 0;
			const count = cases(UNPRICED_SEEDS, 40);
			for (let seed = 0; seed < count; seed++) {
				const one = await run(seed, HONEST, { ...USUAL, unpriced });
				if (one.wrong !== null) throw new Error(`seed ${seed}: ${one.wrong}`, { cause: one.wrong });
				unlisted += one.tally.unlisted;
				for (const [answer, times] of one.answers) answers[answer] = (answers[answer] ?? 0) + times;
			}
			process.stdout.write(`simulation: ${unpriced}, ${count} seeds, ${JSON.stringify({ ...answers, unlisted })}\n`);
			expect(answers["200"]).toBeGreaterThan(2 * count);
			if (unpriced === "refuse") expect(answers.model_price_unknown).toBeGreaterThan(2 * count);
			else {
				expect(answers.model_price_unknown ?? 0).toBe(0);
				expect(answers.output_limit_required).toBeGreaterThan(count / 3);
				expect(answers.insufficient_quota).toBeGreaterThan(count / 2);
				expect(unlisted).toBeGreaterThan(count / 2);
			}
		},
		3_600_000,
	);

	test("never spends more than a budget, and takes each true cost once, where costs are known only late", async () => {
		let late = 0;
		const count = cases(JOB_SEEDS, 40);
		for (let seed = 0; seed < count; seed++) {
			const one = await run(seed, HONEST, { ...USUAL, hasJobs: true });
			if (one.wrong !== null) throw new Error(`seed ${seed}: ${one.wrong}`, { cause: one.wrong });
			late += one.tally.late;
		}
		process.stdout.write(`simulation: jobs, ${count} seeds, ${late} late costs\n`);
		expect(late).toBeGreaterThan(count);
	}, 3_600_000);

	test.each([3, 4, 17, 101, 247])("seed %i gives the same run again", async (seed) => {
		expect((await run(seed)).remains).toBe((await run(seed)).remains);
	});
});

describe("what the simulation is able to find", () => {
	afterEach(() => vi.restoreAllMocks());

	test.each(MUTANTS)("$name", async ({ name, plant, choice = false, jobs = false, operations = false, from = 0 }) => {
		vi.spyOn(console, "error").mockImplementation(() => {});
		const seed = await firstWrong(
			plant(),
			{ ...USUAL, hasChoice: choice, hasJobs: jobs, hasOperations: operations },
			from,
		);
		process.stdout.write(`simulation: found with seed ${seed}: ${name}\n`);
		expect(seed).not.toBeNull();
	});
});
