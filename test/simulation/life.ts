/** One key's object, whole but for its runtime, over a storage and a D1 in memory. */

import type { HoldToken } from "#core/budget/budget";
import type { KeyId, RequestId, SecretId, TeamId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import type { EndedBatch } from "#core/key-object/settlement";
import { ApiKey } from "#durable-objects/api-key/api-key";
import { limiterIn, migrateKey, registrationIn } from "#durable-objects/api-key/schema";
import { UsageShipper } from "#durable-objects/api-key/usage/usage-shipper";
import { Outbox, type OutboxShipper } from "#durable-objects/shared/outbox";
import { SqlOutbox } from "#durable-objects/shared/outbox-sql";
import { Random } from "#test/support/random";
import { attemptRecord, requestRecord } from "#test/support/usage-records";
import { Books } from "./books";
import { Database, NOTHING_REFUSED, type Refuses } from "./database";
import { Disk } from "./disk";
import { WatchedStore } from "./watched-store";

export const START = Date.UTC(2027, 4, 6, 12);
export const KEY = "key_1" as KeyId;
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
export type Weaken = (carrier: UsageShipper) => OutboxShipper;
export const HONEST: Weaken = (carrier) => carrier;

/** Which call fails, counted from 0 over all calls of the storage and of D1; and whether it took effect before. */
export interface Failure {
	readonly call: number;
	readonly when: "before" | "after";
}

/**
 * One key's object between a storage and a D1 of which one call may fail; then its copy dies, and a fresh one comes.
 */
export class Life {
	readonly disk = new Disk();
	readonly database: Database;
	readonly books = new Books(KEY, this.disk);
	readonly #random = new Random(1);
	readonly #weaken: Weaken;
	failure: Failure | null;
	calls = 0;
	now = START;
	#copy = 0;
	teller!: ApiKey;

	constructor(failure: Failure | null, weaken: Weaken = HONEST, refuses: Refuses = NOTHING_REFUSED) {
		this.database = new Database(refuses);
		this.failure = failure;
		this.#weaken = weaken;
		this.restart();
	}

	/** Tries until it succeeds, as a Worker does, or an alarm. */
	async insist<T>(step: (teller: ApiKey) => T | Promise<T>): Promise<T> {
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

	#start(): ApiKey {
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
		return new ApiKey({
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
			outbox: new Outbox(owed, this.#weaken(new UsageShipper(db, KEY, clock)), clock, random),
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

export function hold(life: Life, attemptId: string): Promise<HoldToken> {
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
export function batch(
	id: string,
	now: number,
	tokens: readonly HoldToken[],
	actual: number,
	withRecords = true,
): EndedBatch {
	const items = tokens.map((token) => {
		return { attemptId: token.attemptId, token, actual, estimated: false, void: false, tokens: 5 };
	});
	const requests = tokens.map(({ attemptId }) => {
		const requestId = attemptId.slice(0, -2) as RequestId;
		return requestRecord({ requestId, at: now, keyId: KEY, teamId: TEAM, attempts: [attemptRecord({ attemptId })] });
	});
	return { id, sentAt: now, items, requests: withRecords ? requests : [] };
}
