import type { KeyId } from "../core/ids";
import type { RequestRecord } from "../core/request-record";
import type { EndedAttempt, EndedBatch } from "../core/settlement";
import type { Env } from "../env";
import { askObject } from "../store/object-call";
import { beginSpan, type Traced } from "./span";

/** How long attempts and records wait for company, in milliseconds. */
const GATHER_MS = 20;
/** Whoever gathers for longer, in milliseconds, counts as cut off. */
const LOST_MS = 1_000;
/** The most attempts and records that are sent together: with the largest labels they still fit one stored row. */
const BATCH = 100;
/** How often a batch is sent before its holds are left to stand; they stay charged then. */
const TRIES = 5;
const DEADLINE_MS = 5_000;

/** The request that something ended in. */
interface On {
	readonly env: Pick<Env, "API_KEYS">;
	readonly execution: Pick<ExecutionContext, "waitUntil"> & Traced;
}

/** An attempt that ended, or a request. */
type Told = { readonly attempt: EndedAttempt } | { readonly request: RequestRecord };

interface Gathering {
	/** When the first came, in milliseconds since the epoch. */
	readonly since: number;
	/** In the order in which it ended. */
	readonly told: Told[];
}

/** What ended in this isolate and nobody has taken along yet, by key. */
const gatherings = new Map<KeyId, Gathering>();

/** Settles an attempt after its answer, together with whatever else of the same key ends at about the same time. */
export function settle(on: On, keyId: KeyId, attempt: EndedAttempt): void {
	tell(on, keyId, { attempt });
}

/**
 * Writes a request into the books, once, when it is over, also when it was refused. Called right after its last attempt
 * was settled, it travels with that. What the attempts cost is taken from their settlements, not from the record.
 */
export function recordRequest(on: On, keyId: KeyId, request: RequestRecord): void {
	tell(on, keyId, { request });
}

/**
 * The first waits in its own request and then takes along all that came meanwhile, so the others need neither a timer nor
 * to live on after their answers. Should its request be cut off, the next to come takes its place.
 */
function tell({ env, execution }: On, keyId: KeyId, told: Told): void {
	const now = Date.now();
	const open = gatherings.get(keyId);
	open?.told.push(told);
	if (open !== undefined && now - open.since < LOST_MS) return;
	const gathering: Gathering = { since: now, told: open?.told ?? [told] };
	gatherings.set(keyId, gathering);
	execution.waitUntil(gather({ env, execution }, keyId, gathering));
}

async function gather({ env, execution }: On, keyId: KeyId, gathering: Gathering): Promise<void> {
	await pause(GATHER_MS);
	if (gatherings.get(keyId) !== gathering) return;
	gatherings.delete(keyId);
	const all = gathering.told;
	const endSpan = beginSpan(execution, "tollgate.settlement");
	for (let from = 0; from < all.length; from += BATCH) await send(env.API_KEYS, keyId, all.slice(from, from + BATCH));
	endSpan({ "tollgate.ended": all.length });
}

/** Forgets everything, as a new isolate would. */
export function forgetWaiting(): void {
	gatherings.clear();
}

/** Repeats a batch under its id until it is confirmed: the object applies it once. */
async function send(keys: Env["API_KEYS"], keyId: KeyId, told: readonly Told[]): Promise<void> {
	const batch: EndedBatch = {
		id: crypto.randomUUID(),
		sentAt: Date.now(),
		items: told.flatMap((each) => ("attempt" in each ? [each.attempt] : [])),
		requests: told.flatMap((each) => ("request" in each ? [each.request] : [])),
	};
	for (let attempt = 1; attempt <= TRIES; attempt++) {
		try {
			await askObject(keys, keyId, DEADLINE_MS, async (stub) => await stub.settle(batch));
			return;
		} catch {
			await pause(250 * 2 ** attempt);
		}
	}
	const { items, requests } = batch;
	const lost = { attempts: items.length, requests: requests?.length };
	console.error(JSON.stringify({ level: "error", error: "SettlementFailed", key: keyId, ...lost }));
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
