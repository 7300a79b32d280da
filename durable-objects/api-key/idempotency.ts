// The idempotency keys under which requests of one API key ran.
import * as v from "valibot";
import type { RequestId } from "#core/ids";
import type { ClaimOutcome, ClaimRequest } from "#core/key-object/idempotency";
import { MAX_REQUEST_MS } from "#core/request-limits";
import { run, type SqlDatabase } from "#durable-objects/shared/sql";
import { Millis } from "#store/d1/columns";

/** How long a claim binds, in milliseconds. */
export const CLAIM_MS = 24 * 3_600_000;
/** The most claims of one API key, of about 200 bytes each. */
export const MAX_CLAIMS = 1_000_000;
const PRUNE_MS = 3_600_000;

const ClaimRow = v.object({ body: v.string(), request: v.string(), at: Millis, done: v.number() });
const ExtentRow = v.object({ count: v.number(), oldest: v.nullable(Millis) });

interface HeldClaim {
	readonly body: string;
	readonly requestId: RequestId;
	readonly at: number;
	readonly done: boolean;
}

/** Which requests of one API key ran under an idempotency key. All of it is stored, in a migrated database. */
export class Claims {
	readonly #database: SqlDatabase;
	readonly #most: number;
	/** When a claim may have run out, as far as this copy knows. */
	#dueAt = Number.NEGATIVE_INFINITY;
	/** How many claims there are; null until counted. */
	#count: number | null = null;

	constructor(database: SqlDatabase, most: number) {
		this.#database = database;
		this.#most = most;
	}

	claim({ id, body, requestId }: ClaimRequest, now: number): ClaimOutcome {
		const held = this.#held(id);
		if (held !== null && held.at > now - CLAIM_MS) {
			if (held.requestId === requestId) return { outcome: "claimed" };
			if (held.body !== body) return { outcome: "other_body", requestId: held.requestId };
			// A claim older than any request can run counts as done: its isolate may be gone without saying whether it spent.
			const runs = !held.done && held.at > now - MAX_REQUEST_MS;
			return { outcome: runs ? "in_flight" : "done", requestId: held.requestId };
		}
		if (held === null && this.#counted() >= this.#most) {
			this.prune(now);
			if (this.#counted() >= this.#most) return { outcome: "full", retryAfterMs: this.#dueAt - now };
		}
		run(this.#database, "INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, 0)", id, body, requestId, now);
		if (held === null) this.#count = this.#counted() + 1;
		this.#dueAt = Math.min(this.#dueAt, now + CLAIM_MS);
		return { outcome: "claimed" };
	}

	/**
	 * Ends a request's claim: a request that spent must not run again, any other may. Leaves another request's claim
	 * alone.
	 */
	end(id: string, requestId: RequestId, spent: boolean): void {
		if (this.#held(id)?.requestId !== requestId) return;
		if (spent) {
			run(this.#database, "UPDATE claims SET done = 1 WHERE id = ?", id);
			return;
		}
		run(this.#database, "DELETE FROM claims WHERE id = ?", id);
		this.#count = this.#counted() - 1;
	}

	/**
	 * Forgets claims that have run out; looks at most once an hour. Returns in how many milliseconds to ask again, or
	 * null when none is left.
	 */
	prune(now: number): number | null {
		if (now >= this.#dueAt) {
			run(this.#database, "DELETE FROM claims WHERE at <= ?", now - CLAIM_MS);
			const { count, oldest } = this.#extent();
			this.#count = count;
			this.#dueAt = oldest === null ? Number.POSITIVE_INFINITY : Math.max(now + PRUNE_MS, oldest + CLAIM_MS);
		}
		return this.#dueAt === Number.POSITIVE_INFINITY ? null : this.#dueAt - now;
	}

	#held(id: string): HeldClaim | null {
		const [row] = this.#database.sql.exec("SELECT body, request, at, done FROM claims WHERE id = ?", id);
		if (row === undefined) return null;
		const { body, request, at, done } = v.parse(ClaimRow, row);
		return { body, requestId: request as RequestId, at, done: done === 1 };
	}

	#counted(): number {
		this.#count ??= this.#extent().count;
		return this.#count;
	}

	#extent(): { count: number; oldest: number | null } {
		const [row] = this.#database.sql.exec("SELECT count(*) AS count, min(at) AS oldest FROM claims");
		return v.parse(ExtentRow, row);
	}
}
