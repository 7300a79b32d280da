import { describe, expect, test, vi } from "vitest";
import { KeyCarrier } from "../../durable-objects/api-key/carrier";
import { limiterIn, migrateKey, registrationIn } from "../../durable-objects/api-key/storage";
import { Teller } from "../../durable-objects/api-key/teller";
import { Outbox, type Parcel } from "../../durable-objects/shared/outbox";
import { SqlOutbox } from "../../durable-objects/shared/outbox-sql";
import type { HoldToken } from "../../src/core/budget";
import type { KeyId, RequestId, SecretId, TeamId } from "../../src/core/ids";
import type { KeyRegistration } from "../../src/core/key";
import type { EndedBatch } from "../../src/core/settlement";
import { Random } from "../pure/money/random";
import { attemptRecord, requestId, requestRecord } from "../pure/usage-records";
import { Books } from "./books";
import { Database } from "./database";
import { Disk } from "./disk";
import { WatchedStore } from "./watched-store";

const START = Date.UTC(2027, 4, 6, 12);
const KEY = "key_1" as KeyId;
const TEAM = "team_1" as TeamId;
const SECRET = "sec_1" as SecretId;

const REGISTRATION: KeyRegistration = {
	keyId: KEY,
	teamId: TEAM,
	name: "a key",
	version: 1,
	policy: {},
	revokedAt: null,
	secrets: [{ id: SECRET, validUntil: null }],
	limits: {},
	budgets: [
		{
			id: "b",
			limit: 1_000_000,
			window: "total",
			timeZone: "UTC",
			owner: "key",
			action: "block",
			perEndUser: false,
		},
	],
};

/** What a run may do wrong: the carrier that it is given may do less than its duty. */
type Weaken = (carrier: KeyCarrier) => Pick<KeyCarrier, "ship" | "mark">;

/** Which call fails, counted from 0 over all calls of the storage and of D1; and whether it took effect before. */
interface Failure {
	readonly call: number;
	readonly when: "before" | "after";
}

/** One key's object between a storage and a D1 of which one call may fail; then its copy dies, and a fresh one comes. */
class Life {
	readonly disk = new Disk();
	readonly database = new Database();
	readonly books = new Books(KEY, this.disk);
	readonly #random = new Random(1);
	readonly #weaken: Weaken;
	failure: Failure | null;
	calls = 0;
	now = START;
	#copy = 0;
	teller!: Teller;

	constructor(failure: Failure | null, weaken: Weaken) {
		this.failure = failure;
		this.#weaken = weaken;
		this.restart();
	}

	/** Tries until it succeeds, as a Worker does, or an alarm. */
	async insist<T>(step: (teller: Teller) => T | Promise<T>): Promise<T> {
		for (let attempt = 0; attempt < 3; attempt++) {
			try {
				return await step(this.teller);
			} catch {
				this.restart();
			}
		}
		throw new Error("it fails again and again");
	}

	restart(): void {
		for (;;) {
			try {
				this.teller = this.#start();
				return;
			} catch {
				// Its first look at the storage failed.
			}
		}
	}

	async pass(ms: number): Promise<void> {
		this.now += ms;
		await this.teller.wake();
	}

	close(): void {
		this.disk.close();
		this.database.close();
	}

	#start(): Teller {
		const copy = ++this.#copy;
		const clock = () => this.now;
		const random = () => this.#random.next();
		const own = (): void => {
			if (copy !== this.#copy) throw new Error("another copy of the object has taken over");
		};
		migrateKey(this.disk.view(own, (write) => write()));
		const view = this.disk.view(
			() => this.#call(own),
			(write) => this.#call(write),
		);
		const owed = new SqlOutbox(view, clock, random);
		const db = this.database.binding(async (run) => this.#call(run));
		return new Teller({
			keyId: KEY,
			registrations: registrationIn(view),
			registry: { read: async () => REGISTRATION },
			limiter: limiterIn(view),
			ledger: (beside) => {
				const store = new WatchedStore(KEY, view, owed, beside);
				store.onRecord = (record) => this.books.settling(record);
				store.onExpired = (expired, at) => this.books.expiring(expired, at);
				return store;
			},
			team: { exchange: async () => [] },
			outbox: new Outbox(owed, this.#weaken(new KeyCarrier(db, KEY, clock)), clock, random),
			clock,
			wakeAt: () => {},
		});
	}

	#call<T>(run: () => T): T {
		const fails = this.failure?.call === this.calls++;
		if (fails && this.failure?.when === "before") throw new Error("it failed");
		const result = run();
		if (fails) throw new Error("it failed after it had taken effect");
		return result;
	}
}

function hold(life: Life, attemptId: string): Promise<HoldToken> {
	return life.insist(async (teller) => {
		const reserved = await teller.reserve({
			secretId: SECRET,
			version: 1,
			attemptId,
			scope: { provider: "openai", model: "openai/gpt-6", endUser: null },
			amount: 1_000,
			atLeast: 1_000,
			tokens: 10,
			openMs: 90_000,
		});
		if (reserved.outcome !== "granted" || reserved.token === null) throw new Error("nothing is held");
		return reserved.token;
	});
}

/** Ends requests of one attempt each, in one batch that keeps its id. */
function batch(id: string, now: number, tokens: readonly HoldToken[], actual: number, withRecords = true): EndedBatch {
	const items = tokens.map((token) => {
		return { attemptId: token.attemptId, token, actual, estimated: false, void: false, tokens: 5 };
	});
	const requests = tokens.map(({ attemptId }) => {
		const requestId = attemptId.slice(0, -2) as RequestId;
		return requestRecord({ requestId, at: now, keyId: KEY, teamId: TEAM, attempts: [attemptRecord({ attemptId })] });
	});
	return { id, sentAt: now, items, requests: withRecords ? requests : [] };
}

/** All that an outbox does: batches with and without records, repeated, holds that run out, late truths, flushes. */
async function live(life: Life): Promise<void> {
	const attempts = Array.from({ length: 6 }, (_, n) => `${requestId(START + n)}.1`);
	const tokens: HoldToken[] = [];
	for (const attempt of attempts) tokens.push(await hold(life, attempt));
	const first = batch("first", life.now, tokens.slice(0, 2), 300);
	await life.insist((teller) => teller.settle(first));
	await life.insist((teller) => teller.settle(first));
	await life.pass(6_000);
	const alone = batch("alone", life.now, tokens.slice(2, 3), 200, false);
	await life.insist((teller) => teller.settle(alone));
	await life.pass(6_000);
	// The holds of the rest run out.
	await life.pass(95_000);
	const late = batch("late", life.now, tokens.slice(3, 5), 400);
	await life.insist((teller) => teller.settle(late));
	life.restart();
	await life.insist((teller) => teller.settle(late));
	await life.pass(6_000);
	life.failure = null;
	life.restart();
	for (let n = 0; n < 3; n++) await life.pass(400_000);
	expect((await life.teller.sweep()).weight).toBe(0);
	life.books.check(life.database);
}

const HONEST: Weaken = (carrier) => carrier;

async function run(failure: Failure | null, weaken: Weaken): Promise<number> {
	const life = new Life(failure, weaken);
	try {
		await live(life);
		return life.calls;
	} finally {
		life.close();
	}
}

/** The first failure with which a run goes wrong; null when there is none. */
async function firstWrong(weaken: Weaken): Promise<Failure | null> {
	const calls = await run(null, HONEST);
	for (let call = 0; call < calls; call++) {
		for (const when of ["before", "after"] as const) {
			try {
				await run({ call, when }, weaken);
			} catch {
				return { call, when };
			}
		}
	}
	return null;
}

describe("whichever single call of the storage or of D1 fails, before or after it took effect", () => {
	test("D1 has in the end what the ledger charged, each entry once", async () => {
		const calls = await run(null, HONEST);
		expect(calls).toBeGreaterThan(60);
		for (let call = 0; call < calls; call++) {
			for (const when of ["before", "after"] as const) {
				await run({ call, when }, HONEST).catch((error: unknown) => {
					throw new Error(`call ${call} of ${calls}, ${when}: ${error}`, { cause: error });
				});
			}
		}
		process.stdout.write(`outbox: ${2 * calls} failures\n`);
	});

	test.each<[string, Weaken]>([
		[
			"what failed counts as shipped",
			(carrier) => ({ ship: (parcel) => carrier.ship(parcel).catch(() => {}), mark: (since) => carrier.mark(since) }),
		],
		[
			"every flush is told under an epoch of its own",
			(carrier) => {
				let flushes = 0;
				const anew = (parcel: Parcel): Parcel => ({ ...parcel, epoch: parcel.epoch + ++flushes * 1e6 });
				return { ship: (parcel) => carrier.ship(anew(parcel)), mark: (since) => carrier.mark(since) };
			},
		],
	])("is found when %s", async (_, weaken) => {
		expect(await firstWrong(weaken)).not.toBeNull();
	});

	test("is found when a late truth lowers nothing", async () => {
		vi.spyOn(WatchedStore.prototype, "expiredAmong").mockImplementation(() => []);
		await expect(run(null, HONEST)).rejects.toThrow("I5");
		vi.restoreAllMocks();
	});
});
