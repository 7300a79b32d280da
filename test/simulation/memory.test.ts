import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BudgetSpec } from "#core/budget/budget";
import type { KeyId, RequestId, SecretId, TeamId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import type { EndedAttempt } from "#core/key-object/settlement";
import { ApiKey } from "#durable-objects/api-key/api-key";
import { limiterIn, migrateKey, registrationIn } from "#durable-objects/api-key/schema";
import { SqlLedgerStore } from "#durable-objects/api-key/usage/sql-ledger-store";
import { Outbox } from "#durable-objects/shared/outbox";
import { SqlOutbox } from "#durable-objects/shared/outbox-sql";
import { Team } from "#durable-objects/team/team";
import { Random } from "#test/support/random";
import { cases } from "#test/support/scale";
import { newTeamDisk, TeamDiskStore } from "#test/support/team-disk";
import { attemptRecord, requestId, requestRecord } from "#test/support/usage-records";
import { Disk } from "./disk";

const START = Date.UTC(2027, 4, 6, 12);
const KEY = "key_1" as KeyId;
const TEAM = "team_1" as TeamId;
const SECRET = "sec_1" as SecretId;
const BATCH = 32;
/** By then all that is bounded has reached its bound, and the code is compiled. */
const WARM = 40_000;
const REQUESTS = cases(10_000, 10_000);
/** In bytes. Less than the shortest name of each request would take, and more than what the runtime does beside. */
const LEAST_GROWTH = 24 * REQUESTS;

function budget(id: string, more: Partial<BudgetSpec>): BudgetSpec {
	return {
		id,
		limit: 2_000_000,
		window: "total",
		timeZone: "UTC",
		owner: "key",
		action: "block",
		perEndUser: false,
		...more,
	};
}

const SHARED = budget("shared", { owner: "team", limit: 1e12, window: "month" });
const REGISTRATION: KeyRegistration = {
	keyId: KEY,
	teamId: TEAM,
	name: "a key",
	version: 1,
	policy: {},
	revokedAt: null,
	secrets: [{ id: SECRET, validUntil: null }],
	limits: {
		requestsPerMinute: 6_000,
		requestsPerDay: 10_000_000,
		tokensPerMinute: 100_000_000,
		concurrentRequests: 1_000,
	},
	budgets: [
		budget("all", { limit: 1e12 }),
		budget("rolling", { limit: 900_000, window: { rollingSeconds: 60 } }),
		budget("each", { window: "day", perEndUser: true }),
		SHARED,
	],
};

/** One key's object under all kinds of budgets and limits, on storage that is not the heap, and its team's. */
class Busy {
	readonly #disk = new Disk();
	readonly #random = new Random(1);
	readonly #teller: ApiKey;
	#now = START;
	#batches = 0;
	readonly outcomes = new Map<string, number>();

	constructor() {
		const clock = () => this.#now;
		const random = () => this.#random.next();
		const view = this.#disk.view(
			() => {},
			(write) => write(),
		);
		migrateKey(view);
		const owed = new SqlOutbox(view, clock, random);
		const lending = new Team({
			registrations: { read: () => null, write: () => {} },
			registry: { read: async () => ({ teamId: TEAM, version: 1, budgets: [SHARED] }) },
			store: new TeamDiskStore(newTeamDisk(), 0),
			keys: { recall: async () => [], report: async () => [] },
			clock,
		});
		this.#teller = new ApiKey({
			keyId: KEY,
			registrations: registrationIn(view),
			registry: { read: async () => REGISTRATION },
			limiter: limiterIn(view),
			ledger: (beside) => new SqlLedgerStore(KEY, view, owed, beside),
			team: { exchange: async (_, reports) => lending.exchange(reports) },
			outbox: new Outbox(
				owed,
				{ ship: async () => {}, shipRefused: async () => {}, markDirty: async () => {} },
				clock,
				random,
			),
			clock,
			wakeAt: () => {},
		});
	}

	/** So many requests: most are settled, some are void, refused, told of twice, or never heard of again. */
	async serve(count: number): Promise<void> {
		for (let served = 0; served < count; served += BATCH) {
			const items: EndedAttempt[] = [];
			for (let n = 0; n < BATCH; n++) items.push(...(await this.#ask()));
			const requests = items.map(({ attemptId }) => {
				const id = attemptId.slice(0, -2) as RequestId;
				return requestRecord({ requestId: id, at: this.#now, attempts: [attemptRecord({ attemptId })] });
			});
			const batch = { id: `batch_${this.#batches++}`, sentAt: this.#now, items, requests };
			this.#teller.settle(batch);
			if (this.#random.chance(0.1)) this.#teller.settle(batch);
			this.#now += 1_000;
			await this.#teller.wake();
		}
	}

	async #ask(): Promise<EndedAttempt[]> {
		const random = this.#random;
		const attemptId = `${requestId(this.#now)}.1`;
		const reserved = await this.#teller.reserve({
			secretId: SECRET,
			version: 1,
			attemptId,
			// More than are kept in memory.
			scope: { provider: "openai", model: "openai/gpt-6", endUser: `user ${random.between(1, 1_200)}` },
			amount: 1_000,
			atLeast: 1_000,
			tokens: 10,
			openMs: 90_000,
		});
		this.outcomes.set(reserved.outcome, (this.outcomes.get(reserved.outcome) ?? 0) + 1);
		if (reserved.outcome !== "granted" || random.chance(0.05)) return [];
		const isVoid = random.chance(0.1);
		const actual = isVoid ? 0 : random.between(1, 1_000);
		return [{ attemptId, token: reserved.token, actual, estimated: false, void: isVoid, tokens: 7 }];
	}

	close(): void {
		this.#disk.close();
	}
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes on the heap that something still holds. */
function heap(): number {
	for (let n = 0; n < 3; n++) collect();
	return getHeapStatistics().used_heap_size;
}

let object: Busy;
beforeAll(async () => {
	object = new Busy();
	await object.serve(WARM);
}, 600_000);
afterAll(() => object.close());

/** By how many bytes the heap grows while the object serves, and `beside` is called for each request. */
async function growth(beside: () => void): Promise<number> {
	object.outcomes.clear();
	const before = heap();
	await object.serve(REQUESTS);
	for (let request = 0; request < REQUESTS; request++) beside();
	const grown = heap() - before;
	process.stdout.write(`${REQUESTS} requests, ${JSON.stringify([...object.outcomes])}: ${grown} bytes more\n`);
	expect(object.outcomes.get("granted")).toBeGreaterThan(REQUESTS / 2);
	expect(object.outcomes.get("exhausted")).toBeGreaterThan(REQUESTS / 100);
	return grown;
}

test("a key's object keeps nothing in memory of the requests that it has seen", async () => {
	expect(await growth(() => {})).toBeLessThan(LEAST_GROWTH);
}, 600_000);

test("a key's object that kept the name of each request would be noticed", async () => {
	const kept: string[] = [];
	expect(await growth(() => kept.push(requestId(START)))).toBeGreaterThan(LEAST_GROWTH);
	expect(kept).toHaveLength(REQUESTS);
}, 600_000);
