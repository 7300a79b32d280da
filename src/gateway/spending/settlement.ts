/** Takes ended attempts and requests to the objects of their keys, after the answer and together. */
import type { KeyId } from "#core/ids";
import type { EndedAttempt } from "#core/key-object/settlement";
import type { RequestRecord } from "#core/usage/request-record";
import type { Env } from "#env";
import { spansOf, type Traced } from "#gateway/record/span";
import type { Platform } from "#lib/platform";
import { sleep } from "#lib/sleep";
import { isRefusal } from "#objects/call";
import { KeyClient } from "#objects/key-client";
import { type Ended, type Sending, sendingsOf, smaller } from "./settlement-batch";

/** How long attempts and records wait for company, in milliseconds. */
const GATHER_MS = 20;
/** A request that has not delivered after this time, in milliseconds, counts as cut off by the runtime. */
const LOST_MS = 1_000;
/** How often a batch is sent before its holds are left to stand; they stay charged then. */
const TRIES = 5;
/** How many refusals a record that is sent alone gets before it is sent without its labels: one may be an accident. */
const TRIES_WITH_LABELS = 3;

/** The request that something ended in. */
interface On {
	readonly env: Pick<Env, "API_KEYS">;
	readonly execution: Pick<ExecutionContext, "waitUntil"> & Traced;
}

/** What ends together under one key. */
interface PendingBatch {
	/** In the order in which it ended. */
	readonly ended: Ended[];
	/** The request that delivers it, and since when it means to, in milliseconds since the epoch. */
	deliverer: { readonly execution: On["execution"]; readonly since: number };
	/** Another request looks after it. */
	isWatched: boolean;
	/** What the object has not confirmed; null until the batch closes. */
	unconfirmed: Set<Sending> | null;
}

/** Delivers what ended to the objects of the keys. */
export class Settlements {
	readonly #platform: Platform;
	/** What ended in this isolate and is not on its way yet, by key. */
	readonly #pending = new Map<KeyId, PendingBatch>();

	constructor(platform: Platform) {
		this.#platform = platform;
	}

	/** Settles an attempt after its answer, together with whatever else of the same key ends at about the same time. */
	settle(on: On, keyId: KeyId, attempt: EndedAttempt): void {
		this.#add(on, keyId, { attempt });
	}

	/**
	 * Writes a request into the usage log, once, when it is over, also when it was refused. Called right after its last
	 * attempt was settled, it travels with that. What the attempts cost is taken from their settlements, not from the
	 * record.
	 */
	record(on: On, keyId: KeyId, request: RequestRecord): void {
		this.#add(on, keyId, { request });
	}

	/** Delivers at once what waits for company under a key, because another request waits for what it frees. */
	hasten({ env, execution }: On, keyId: KeyId): void {
		const pending = this.#pending.get(keyId);
		if (pending !== undefined) execution.waitUntil(this.#deliverAfter(0, { env, execution }, keyId, pending));
	}

	/**
	 * The first request waits and then delivers all that ended until then. The runtime may cut it off, so the second
	 * request watches it, and delivers what is not confirmed by then. The others need neither a timer nor to live on
	 * after their answers; if both are lost, the next request takes their place.
	 */
	#add({ env, execution }: On, keyId: KeyId, ended: Ended): void {
		const now = this.#platform.clock();
		const pending = this.#pending.get(keyId);
		pending?.ended.push(ended);
		if (pending === undefined || now - pending.deliverer.since >= LOST_MS) {
			const deliverer = { execution, since: now };
			const batch = pending ?? { ended: [ended], deliverer, isWatched: false, unconfirmed: null };
			batch.deliverer = deliverer;
			batch.isWatched = false;
			this.#pending.set(keyId, batch);
			execution.waitUntil(this.#deliverAfter(GATHER_MS, { env, execution }, keyId, batch));
		} else if (!pending.isWatched && pending.deliverer.execution !== execution) {
			pending.isWatched = true;
			execution.waitUntil(this.#deliverAfter(LOST_MS, { env, execution }, keyId, pending));
		}
	}

	async #deliverAfter(ms: number, { env, execution }: On, keyId: KeyId, batch: PendingBatch): Promise<void> {
		await sleep(ms);
		if (this.#pending.get(keyId) === batch) this.#pending.delete(keyId);
		batch.unconfirmed ??= sendingsOf(batch.ended, this.#platform.clock(), this.#platform.newId);
		const { unconfirmed, ended } = batch;
		if (unconfirmed.size === 0) return;
		const endSpan = spansOf(execution)("tollgate.settlement");
		// The parts of a sending that is refused come last.
		for (const sending of unconfirmed) await this.#send(env.API_KEYS, keyId, sending, unconfirmed);
		endSpan({ "tollgate.ended": ended.length });
	}

	/**
	 * Repeats a batch under its id until it is confirmed, to either request that looks after it: the object applies it
	 * once. One that the object refuses makes way for its parts, so that what is wrong with one record is the loss of no
	 * other.
	 */
	async #send(keys: Env["API_KEYS"], keyId: KeyId, sending: Sending, unconfirmed: Set<Sending>): Promise<void> {
		const { batch } = sending;
		for (let attempt = 1; attempt <= TRIES && unconfirmed.has(sending); attempt++) {
			try {
				await new KeyClient(keys, keyId).settle(batch);
				unconfirmed.delete(sending);
			} catch (error) {
				const isPatient = sending.ended.length === 1 && attempt < TRIES_WITH_LABELS;
				const parts = isPatient || !isRefusal(error) ? [] : smaller(sending, this.#platform.newId);
				if (parts.length > 0) {
					if (!unconfirmed.delete(sending)) return;
					for (const part of parts) unconfirmed.add(part);
					if (parts.some(({ isBare }) => isBare)) {
						console.error(JSON.stringify({ level: "warn", error: "LabelsDropped", key: keyId }));
					}
					return;
				}
				await sleep(250 * 2 ** attempt);
			}
		}
		if (!unconfirmed.delete(sending)) return;
		const { items, requests } = batch;
		const lost = { attempts: items.length, requests: requests?.length };
		console.error(JSON.stringify({ level: "error", error: "SettlementFailed", key: keyId, ...lost }));
	}
}
