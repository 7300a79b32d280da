import { describe, expect, test } from "vitest";
import type { BudgetSpec } from "#core/budget/budget";
import type { BudgetPeriod } from "#durable-objects/api-key/ledger/budget-period";
import { Ledger } from "#durable-objects/api-key/ledger/ledger";
import type { LedgerMemory } from "#durable-objects/api-key/ledger/ledger-cache";
import type { LedgerStore } from "#durable-objects/api-key/ledger/ledger-store";
import type { SettlementBatch } from "#durable-objects/api-key/ledger/settlement-item";
import { DiskStore } from "#test/support/disk";
import { IS_LONG } from "#test/support/scale";
import { explore } from "./explore";
import { oneKey, RULES, type Rules } from "./one-key";

function linesOf(memory: LedgerMemory): BudgetPeriod[] {
	return [...memory.accounts.values()].flatMap((users) =>
		[...users.values()].flatMap(({ periods: lines }) => [...lines.values()]),
	);
}

/** A ledger that is the product's but for one method. */
function mutant(change: (ledger: Ledger) => Partial<Ledger>): Partial<Rules> {
	return {
		ledger: (store: LedgerStore, specs: BudgetSpec[], memory: LedgerMemory) => {
			const ledger = new Ledger(store, specs, memory, 1);
			return Object.assign(ledger, change(new Ledger(store, specs, memory, 1)));
		},
	};
}

const MUTANTS: Record<string, Partial<Rules>> = {
	"settle twice: a batch is applied however often it comes": {
		store: (disk, owner) => {
			const store = new DiskStore(disk, owner);
			return {
				load: (budgetId, endUser) => store.load(budgetId, endUser),
				commit: (change) => {
					if (change.record !== null) disk.records.delete(change.record.id);
					return store.commit(change);
				},
			};
		},
	},
	"booked twice: the true cost of a job counts however often it comes": {
		store: (disk, owner) => {
			const store = new DiskStore(disk, owner);
			return {
				load: (budgetId, endUser) => store.load(budgetId, endUser),
				commit: (change) => {
					if (change.record?.kind === "late-cost") disk.jobs.set(change.record.id, change.record.job);
					return store.commit(change);
				},
			};
		},
	},
	"stale commit: a copy that was replaced may still write": {
		store: (disk) => new DiskStore(disk, disk.owner),
	},
	"watermark after admission: the raise is kept in memory and written by nobody": {
		store: (disk, owner) => {
			const store = new DiskStore(disk, owner);
			return {
				load: (budgetId, endUser) => store.load(budgetId, endUser),
				commit: (change) => (change.record === null ? "committed" : store.commit(change)),
			};
		},
	},
	"start below the watermark: a fresh copy counts only what was settled as admitted": {
		store: (disk, owner) => {
			const store = new DiskStore(disk, owner);
			return {
				load: (budgetId, endUser) =>
					store.load(budgetId, endUser).map(({ ref, counters }) => ({
						ref,
						counters: { ...counters, allowed: (counters.credited + counters.settled) as typeof counters.allowed },
					})),
				commit: (change) => store.commit(change),
			};
		},
	},
	"reuse before commit: what a settlement gives back is admitted again before it is stored": mutant((ledger) => ({
		settle: (batch: SettlementBatch) => {
			for (const { token, actual } of batch.items) {
				for (const line of linesOf(ledger.cache.memory)) line.gross -= Math.max(0, token.amount - actual);
			}
			return { outcome: "late" };
		},
	})),
	"refund on expiry: a hold whose time is over gives its money back": mutant((ledger) => ({
		expire: (at: number) => {
			const ended = ledger.expire(at);
			for (const token of ended) {
				const item = { token, actual: 0, estimated: true, void: true };
				ledger.settle({ id: `expired ${token.attemptId}`, sentAt: at, items: [item] }, at);
			}
			return ended;
		},
	})),
	"closing without moving up: closed head-room is credited and still admitted from": mutant((ledger) => ({
		rest: () => {
			const before = linesOf(ledger.cache.memory).map((line) => [line, line.gross] as const);
			ledger.rest();
			for (const [line, gross] of before) line.gross = gross;
		},
	})),
	"lowered limit with head-room: what was allowed under the old limit is kept": {
		configure: () => {},
	},
};

describe("one key, its copies and its settlements, explored exhaustively", () => {
	test("no reachable state spends more than the limit", () => {
		// Three attempts take half a minute.
		const attempts = IS_LONG ? 3 : 2;
		const { states, broken } = explore(oneKey(RULES, attempts));
		process.stdout.write(`one key, ${attempts} attempts: ${states} reachable states\n`);
		expect(broken).toBeNull();
		expect(states).toBeGreaterThan(1_000);
	}, 120_000);

	test.each(Object.entries(MUTANTS))(
		"a mutant is found: %s",
		(_, rules) => {
			const { broken } = explore(oneKey({ ...RULES, ...rules }, 3));
			process.stdout.write(`  ${broken?.why}: ${broken?.trail.slice(1).join(", ")}\n`);
			expect(broken).not.toBeNull();
		},
		60_000,
	);
});
