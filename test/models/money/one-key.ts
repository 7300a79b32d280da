// One key's object, its disk and its callers as a machine for the explorer, with the rules that mutants break.
import type { BudgetSpec, HoldToken } from "#core/budget/budget";
import type { TeamId } from "#core/ids";
import { EMPTY_BATCH_CONTEXT } from "#durable-objects/api-key/ledger/batch-context";
import { used } from "#durable-objects/api-key/ledger/counters";
import { bookLateCost } from "#durable-objects/api-key/ledger/job";
import { Ledger } from "#durable-objects/api-key/ledger/ledger";
import { type LedgerMemory, newLedgerMemory } from "#durable-objects/api-key/ledger/ledger-cache";
import type { LedgerStore } from "#durable-objects/api-key/ledger/ledger-store";
import { type Disk, DiskStore, newDisk } from "#test/support/disk";
import { copyDisk, copyMemory, diskKey, memoryKey } from "./copy";
import { fault, type Machine } from "./explore";

/** Rules that a mutant may break; what is not overridden is the product's own. */
export interface Rules {
	store(disk: Disk, owner: number): LedgerStore;
	ledger(store: LedgerStore, specs: BudgetSpec[], memory: LedgerMemory): Ledger;
	/** Puts a limit into force; returns the ledger that goes on. */
	configure(ledger: Ledger, specs: BudgetSpec[], store: LedgerStore): void;
}

export const RULES: Rules = {
	store: (disk, owner) => new DiskStore(disk, owner),
	ledger: (store, specs, memory) => new Ledger(store, specs, memory, 1),
	configure: (ledger, specs) => ledger.configure(specs),
};

interface Attempt {
	readonly hold: number;
	readonly actual: number;
	/** It is settled at its hold, and its true cost comes after that. */
	readonly isJob: boolean;
	readonly token: HoldToken;
	/** Running, finished (the provider has billed), told (the object was told at least once and may be told again). */
	readonly state: "running" | "finished" | "told";
}

interface State {
	readonly disk: Disk;
	/** The last one is current; the others live on from memory. */
	readonly copies: readonly { readonly owner: number; readonly memory: LedgerMemory; readonly limit: number }[];
	readonly attempts: readonly Attempt[];
	/** The most that may ever be billed: the limit, or what was used when it was lowered. */
	readonly most: number;
	/** Found while stepping. */
	readonly wrong: string | null;
}

const NOW = 1_000_000;
/** What may be held, and what it then costs. The last but one overruns; the last is known only late. */
const HOLDS = [
	[1, 0, false],
	[2, 1, false],
	[1, 2, false],
	[2, 1, true],
] as const;
const LIMIT = 4;
const LOWERED = 2;
const MOVES = 1;

function spec(limit: number): BudgetSpec {
	return {
		id: "b",
		limit,
		window: "total",
		timeZone: "UTC",
		owner: "key",
		action: "block",
		perEndUser: false,
	};
}

/** The worst bill that is still possible, overruns apart, since no ledger can foresee them. */
function worst(attempts: readonly Attempt[]): number {
	return attempts.reduce((sum, a) => sum + (a.state === "running" ? a.hold : Math.min(a.actual, a.hold)), 0);
}

/**
 * One key with one budget and up to `most` attempts, a copy that moves, settlements that repeat, rests, and a limit
 * that is lowered.
 */
export function oneKey(rules: Rules, most: number): Machine<State> {
	/** Lets one copy do something; what it throws is a refusal. */
	function act(state: State, index: number, run: (ledger: Ledger, store: LedgerStore) => void): State {
		const disk = copyDisk(state.disk);
		const copies = state.copies.map((copy, i) => (i === index ? { ...copy, memory: copyMemory(copy.memory) } : copy));
		const copy = copies[index];
		if (copy === undefined) throw new RangeError("no such copy");
		const store = rules.store(disk, copy.owner);
		const ledger = rules.ledger(store, [spec(copy.limit)], copy.memory);
		let wrong = state.wrong;
		try {
			run(ledger, store);
		} catch (error) {
			wrong = fault(error) ?? wrong;
		}
		return { ...state, disk, copies, wrong };
	}

	function* next(state: State): Generator<readonly [string, State]> {
		const last = state.copies.length - 1;
		for (const [index, copy] of state.copies.entries()) {
			if (state.attempts.length < most) {
				for (const [hold, actual, isJob] of HOLDS) {
					// One is enough to see what its late cost does to others.
					if (isJob && state.attempts.some((attempt) => attempt.isJob)) continue;
					let token: HoldToken | null = null;
					const after = act(state, index, (ledger) => {
						const scope = { provider: "p", model: "p/m", endUser: null };
						const attemptId = `a${state.attempts.length}`;
						const reserved = ledger.reserve({ attemptId, amount: hold, scope, expiresAt: NOW + 10 }, NOW);
						if (reserved.outcome === "admitted") token = reserved.token;
					});
					if (token === null) {
						yield [`copy ${index} refuses ${hold}`, after];
						continue;
					}
					const attempts: Attempt[] = [...after.attempts, { hold, actual, isJob, token, state: "running" }];
					const known = attempts.reduce(
						(sum, a) => sum + (state.disk.records.has(a.token.attemptId) ? Math.max(0, a.actual - a.hold) : 0),
						worst(attempts),
					);
					const wrong = index === last && known > copy.limit ? `admitted up to ${known} of ${copy.limit}` : after.wrong;
					yield [`copy ${index} admits ${hold}`, { ...after, attempts, wrong }];
				}
			}
			yield [`copy ${index} rests`, act(state, index, (ledger) => ledger.rest())];
			yield [`copy ${index} expires`, act(state, index, (ledger) => void ledger.expire(NOW + 10))];
			for (const [n, attempt] of state.attempts.entries()) {
				if (attempt.state === "running") continue;
				const { token, hold, actual, isJob } = attempt;
				const { attemptId } = token;
				const after = act(state, index, (ledger) => {
					const item = { token, actual: isJob ? hold : actual, estimated: isJob, void: actual === 0 };
					const jobs = isJob ? { [attemptId]: { jobId: attemptId, app: null, provider: null, model: null } } : {};
					const context = { ...EMPTY_BATCH_CONTEXT, jobs };
					ledger.settle({ id: attemptId, sentAt: NOW, items: [item], context }, NOW);
				});
				const told = state.attempts.map((a, i) => (i === n ? { ...a, state: "told" as const } : a));
				yield [`copy ${index} settles ${n}`, { ...after, attempts: told }];
				if (!state.disk.jobs.has(attemptId)) continue;
				const job = { id: attemptId, attemptId, teamId: "" as TeamId, app: null, provider: null, model: null };
				const charge = { charged: hold, overrun: 0, estimated: true, periods: token.lines };
				const booked = act(state, index, (ledger) => void bookLateCost(ledger, { ...job, ...charge }, actual, NOW));
				yield [`copy ${index} books ${n}`, booked];
			}
		}
		for (const [n, attempt] of state.attempts.entries()) {
			if (attempt.state !== "running") continue;
			const attempts = state.attempts.map((a, i) => (i === n ? { ...a, state: "finished" as const } : a));
			yield [`attempt ${n} finishes`, { ...state, attempts }];
		}
		const current = state.copies[last];
		if (current !== undefined && last < MOVES) {
			const owner = current.owner + 1;
			const disk = { ...copyDisk(state.disk), owner };
			yield [
				"moves",
				{ ...state, disk, copies: [...state.copies, { owner, memory: newLedgerMemory(), limit: current.limit }] },
			];
		}
		if (current?.limit === LIMIT) {
			const after = act(state, last, (ledger, store) => rules.configure(ledger, [spec(LOWERED)], store));
			const copies = after.copies.map((copy, i) => (i === last ? { ...copy, limit: LOWERED } : copy));
			const held = [...after.disk.lines.values()].reduce((sum, { counters }) => sum + used(counters), 0);
			yield ["limit lowered", { ...after, copies, most: Math.max(LOWERED, held) }];
		}
	}

	return {
		start: {
			disk: newDisk(),
			copies: [{ owner: 0, memory: newLedgerMemory(), limit: LIMIT }],
			attempts: [],
			most: LIMIT,
			wrong: null,
		},
		next,
		key: ({ disk, copies, attempts, most, wrong }) =>
			[
				diskKey(disk),
				...copies.map(({ memory, limit }) => `${memoryKey(memory)}${limit}${[...memory.open.keys()].join()}`),
				attempts.map((a) => `${a.hold}${a.actual}${a.isJob}${a.state}`).join(),
				most,
				wrong,
			].join("|"),
		wrong: ({ attempts, most, wrong }) => {
			if (wrong !== null) return wrong;
			return worst(attempts) > most ? `billed up to ${worst(attempts)} of ${most}` : null;
		},
	};
}
