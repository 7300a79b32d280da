import { expect, test } from "vitest";
import type { BudgetSpec, HoldToken, SpendScope } from "#core/budget/budget";
import { EMPTY_BATCH_CONTEXT } from "#durable-objects/api-key/ledger/batch-context";
import { used } from "#durable-objects/api-key/ledger/counters";
import { bookLateCost } from "#durable-objects/api-key/ledger/job";
import { Ledger, REPEATABLE_MS } from "#durable-objects/api-key/ledger/ledger";
import { newLedgerMemory } from "#durable-objects/api-key/ledger/ledger-cache";
import type { Job } from "#durable-objects/api-key/ledger/ledger-store";
import type { SettlementBatch } from "#durable-objects/api-key/ledger/settlement-item";
import { stillCounts } from "#durable-objects/shared/window";
import { DiskStore, newDisk } from "#test/support/disk";
import { Random } from "#test/support/random";
import { cases } from "#test/support/scale";
import { LedgerModel } from "./ledger-model";

const SHAPES: readonly Partial<BudgetSpec>[] = [
	{ window: "total" },
	{ window: "day", timeZone: "Asia/Shanghai" },
	{ window: { rollingSeconds: 600 } },
	{ window: "day", models: ["openai/*"] },
	{ window: "total", providers: ["deepseek"] },
	{ window: "day", perEndUser: true },
	{ window: { rollingSeconds: 60 }, perEndUser: true },
	{ window: "day", action: "warn" },
	{ window: "day", operations: ["images", "videos"] },
];
const USERS = [null, "ann", "bob"];
const OPERATIONS = ["chat", "images"] as const;
const STEP = 40;

/** As `expect().toBe()`, at a fraction of its cost. */
function same<T>(actual: T, wanted: T): void {
	if (actual !== wanted) throw new Error(`expected ${String(wanted)}, got ${String(actual)}`);
}

/** Whether a line still matters to anybody. */
function counts({ window }: BudgetSpec, start: number, now: number): boolean {
	if (window === "total") return true;
	return typeof window === "object" ? stillCounts(start, window.rollingSeconds, now) : start > now - 86_400_000;
}

/** One random life of a key beside its model. Throws where they differ. */
function live(seed: number): { readonly steps: number; readonly lateCosts: number } {
	const random = new Random(seed);
	const disk = newDisk();
	const model = new LedgerModel();
	const openTokens: { token: HoldToken; expiresAt: number }[] = [];
	const unsettledTokens: HoldToken[] = [];
	const batches: SettlementBatch[] = [];
	/** Jobs as they were opened. */
	const known = new Map<string, Job>();
	let lateCosts = 0;
	let now = Date.UTC(2027, 0, 1) + random.between(0, 86_400_000);
	const pattern: BudgetSpec[] = SHAPES.filter(() => random.chance(0.4)).map((shape, index) => ({
		id: `b${index}`,
		limit: random.between(0, 300),
		window: "total",
		timeZone: "UTC",
		owner: "key",
		action: "block",
		perEndUser: false,
		...shape,
	}));
	model.budgets = pattern;
	let store = new DiskStore(disk, disk.owner);
	let ledger = new Ledger(store, pattern, newLedgerMemory(), STEP);

	/** What a crash or a failed commit leaves charged without a hold is within what one commit may have allowed. */
	const lose = (most: number): void => {
		for (const { ref, counters } of disk.lines.values()) {
			const budget = pattern.find(({ id }) => id === ref.budgetId) ?? expect.unreachable();
			if (!counts(budget, ref.window, now)) continue;
			const known = model.entries.filter(
				(e) => e.budgetId === ref.budgetId && e.endUser === ref.endUser && e.window === ref.window,
			);
			const lost = used(counters) - known.reduce((sum, { amount }) => sum + amount, 0);
			same(lost >= 0, true);
			same(lost <= most, true);
			if (lost > 0) model.entries.push({ attemptId: "lost", ...ref, amount: lost });
		}
	};

	const steps = random.between(5, 40);
	for (let step = 0; step < steps; step++) {
		const dice = random.next();
		if (random.chance(0.06)) store.failure = { calls: random.between(0, 2), when: random.pick(["before", "after"]) };
		if (dice < 0.45) {
			const amount = random.between(0, 60);
			const provider = random.pick(["openai", "deepseek"]);
			const scope: SpendScope = {
				provider,
				model: `${provider}/m`,
				endUser: random.pick(USERS),
				operation: random.pick(OPERATIONS),
			};
			const fits = model.fits(amount, scope, now);
			const hold = { attemptId: `a${step}`, amount, scope, expiresAt: now + random.between(1, 100_000) };
			try {
				const reserved = ledger.reserve(hold, now);
				same(reserved.outcome, fits ? "admitted" : "refused");
				if (reserved.outcome === "admitted") {
					model.hold(hold.attemptId, amount, scope, now);
					openTokens.push({ token: reserved.token, expiresAt: hold.expiresAt });
					unsettledTokens.push(reserved.token);
				} else if (reserved.outcome === "refused") {
					const { affordable, budgetId } = reserved.by;
					const by = pattern.find(({ id }) => id === budgetId) ?? expect.unreachable();
					const free = model.budgets.find(({ id }) => id === budgetId)?.limit ?? 0;
					same(affordable, Math.max(0, free - model.used(by, LedgerModel.userOf(by, scope), now)));
				}
			} catch (error) {
				if (!(error instanceof Error) || !error.message.startsWith("the storage failed")) throw error;
				lose(2 * STEP + 60);
			}
		} else if (dice < 0.7 && (unsettledTokens.length > 0 || batches.length > 0)) {
			let batch = batches.length > 0 ? random.pick(batches) : undefined;
			if (batch === undefined || (unsettledTokens.length > 0 && random.chance(0.8))) {
				const items = Array.from({ length: random.between(1, Math.min(3, unsettledTokens.length)) }, () => {
					const token = random.draw(unsettledTokens);
					const actual = random.pick([token.amount, random.between(0, token.amount), token.amount + 9, -1, Number.NaN]);
					return { token, actual, estimated: false, void: random.chance(0.2) };
				});
				const jobs = Object.fromEntries(
					items.flatMap(({ token: { attemptId } }) => {
						const jobId = `job ${attemptId}`;
						return random.chance(0.3) ? [[attemptId, { jobId, app: null, provider: null, model: null }]] : [];
					}),
				);
				batch = { id: `batch${step}`, sentAt: now, items, context: { ...EMPTY_BATCH_CONTEXT, jobs } };
				batches.push(batch);
			}
			const before = disk.records.has(batch.id);
			const late = batch.sentAt <= now - REPEATABLE_MS;
			let failed = false;
			try {
				const { outcome } = ledger.settle(batch, now);
				same(outcome, late ? "late" : before ? "repeated" : "applied");
			} catch (error) {
				if (!(error instanceof Error) || !error.message.startsWith("the storage failed")) throw error;
				failed = true;
			}
			if (!before && disk.records.has(batch.id)) {
				for (const { token, actual, void: isVoid } of batch.items) {
					const cost = isVoid && actual === 0 ? 0 : isVoid || !(actual > 0) ? token.amount : actual;
					model.settle(token, cost);
				}
			}
			if (failed) lose(2 * STEP + 60);
			if (!late) {
				const ended = new Set(batch.items.map(({ token }) => token.attemptId));
				for (let n = openTokens.length - 1; n >= 0; n--) {
					if (ended.has(openTokens[n]?.token.attemptId ?? "")) openTokens.splice(n, 1);
				}
			}
		} else if (dice < 0.75 && disk.jobs.size > 0) {
			const [jobId, before] = random.pick([...disk.jobs]);
			const job = before === "closed" ? known.get(jobId) : before;
			if (job === undefined) continue;
			known.set(jobId, job);
			const settled = job.charged + job.overrun;
			const actual = random.pick([0, settled, random.between(0, settled), settled + random.between(1, 20)]);
			let failed = false;
			try {
				same(bookLateCost(ledger, job, actual, now), before === "closed" ? "repeated" : "applied");
			} catch (error) {
				if (!(error instanceof Error) || !error.message.startsWith("the storage failed")) throw error;
				failed = true;
			}
			// A suspect charge stays where it is.
			if (before !== "closed" && disk.jobs.get(jobId) === "closed" && job.periods.length > 0) {
				model.settle(job, actual);
				lateCosts++;
			}
			if (failed) lose(2 * STEP + 60);
		} else if (dice < 0.8) {
			disk.owner++;
			store = new DiskStore(disk, disk.owner);
			ledger = new Ledger(store, model.budgets, newLedgerMemory(), STEP);
			openTokens.length = 0;
			lose(2 * STEP);
		} else if (dice < 0.86) {
			const specs = model.budgets.map((b) => (random.chance(0.5) ? { ...b, limit: random.between(0, 300) } : b));
			try {
				ledger.configure(specs);
				model.budgets = specs;
			} catch {
				lose(2 * STEP);
			}
		} else if (dice < 0.9) {
			try {
				ledger.rest();
			} catch {
				lose(2 * STEP);
			}
		} else {
			now += random.pick([1, 1_000, 30_000, 300_000, 3_600_000, 40_000_000]);
			const over = new Set(ledger.expire(now).map(({ attemptId }) => attemptId));
			for (let n = openTokens.length - 1; n >= 0; n--) {
				const { token, expiresAt } = openTokens[n] ?? expect.unreachable();
				if (expiresAt > now) continue;
				same(over.has(token.attemptId), true);
				openTokens.splice(n, 1);
			}
		}
		store.failure = null;
		for (const budget of model.budgets) {
			for (const endUser of budget.perEndUser ? ["", "ann", "bob"] : [""]) {
				const status = ledger.status(budget.id, endUser, now) ?? expect.unreachable();
				const spent = model.used(budget, endUser, now);
				same(status.remaining, Math.max(0, budget.limit - spent));
				same(status.settled + status.reserved + status.unproven + status.overrun, spent);
				same(status.unproven >= 0, true);
			}
		}
	}
	return { steps, lateCosts };
}

test("random lives of a key, with crashes and failing storage, are what a plain list of bookings says", () => {
	const lives = cases(10_000);
	const first = 1;
	let [steps, lateCosts] = [0, 0];
	for (let seed = first; seed < first + lives; seed++) {
		try {
			const life = live(seed);
			steps += life.steps;
			lateCosts += life.lateCosts;
		} catch (error) {
			throw new Error(`seed ${seed}`, { cause: error });
		}
	}
	expect(lateCosts).toBeGreaterThan(lives / 10);
	process.stdout.write(
		`ledger against its model: ${lives} sequences from seed ${first}, ${steps} steps, ${lateCosts} late costs\n`,
	);
}, 120_000);
