import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Reservation } from "#core/key-object/reservation";
import type { EndedBatch } from "#core/key-object/settlement";
import { attemptRecord, requestId, requestRecord } from "#test/support/usage-records";
import { budget, KeyStub } from "./key-stub";
import { written, writtenInD1 } from "./rows-written";

const NOON = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 43_200_000;
/** Cloudflare's list prices: US dollars for a row written, and for a call of an object or a run of its alarm. */
const ROW_USD = 1e-6;
const CALL_USD = 0.15e-6;

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

async function governedKey(): Promise<KeyStub> {
	const key = await KeyStub.make({ budgets: [budget({ limit: 1e12 })], limits: { requestsPerMinute: 1e6 } });
	// The first uses make rows that later ones only change.
	for (let n = 0; n < 20; n++) await use(key, 1);
	await idle(key);
	return key;
}

/** So many requests at once, and the one batch that ends them. */
async function use(key: KeyStub, count: number): Promise<void> {
	const granted = await Promise.all(
		Array.from({ length: count }, () => key.reserve(1_000_000, { attemptId: `${requestId(Date.now())}.1` })),
	);
	await key.stub.settle(ended(key, granted));
}

function ended(key: KeyStub, granted: readonly Reservation[]): EndedBatch {
	const batch = key.batch(granted, 300_000);
	const { keyId, teamId } = key.registration;
	const requests = batch.items.map(({ attemptId }) => {
		const id = attemptId.slice(0, -2) as ReturnType<typeof requestId>;
		return requestRecord({ requestId: id, at: Date.now(), keyId, teamId, attempts: [attemptRecord({ attemptId })] });
	});
	return { ...batch, requests };
}

/** Lets the alarms of a key that is used no more run: for the flush, and for the rest. */
async function idle(key: KeyStub): Promise<number> {
	let alarms = 0;
	for (const ms of [5_100, 5_100]) {
		vi.setSystemTime(Date.now() + ms);
		if (await runDurableObjectAlarm(key.stub)) alarms++;
	}
	return alarms;
}

test.each([
	{ name: "a busy key, batches of 32", batches: 15, size: 32, rests: false, most: { object: 1, d1: 3.5 } },
	{ name: "requests one by one, ten seconds apart", batches: 5, size: 1, rests: true, most: { object: 9, d1: 7 } },
])("what a request of $name writes", async ({ name, batches, size, rests, most }) => {
	const key = await governedKey();
	let runs = 0;
	let object = { rows: 0, alarms: 0 };
	const d1 = await writtenInD1(async () => {
		object = await written(key, async () => {
			for (let n = 0; n < batches; n++) {
				await use(key, size);
				if (rests) runs += await idle(key);
			}
			if (!rests) runs += await idle(key);
		});
	});
	const requests = batches * size;
	const { request_log: log = 0, ...others } = d1;
	const rollUps = Object.values(others).reduce((sum, rows) => sum + rows, 0);
	const per = (rows: number): number => rows / requests;
	// A reservation and, for each batch, a settlement; and the runs of the alarm.
	const calls = 1 + per(batches + runs);
	const usd = (rows: number): string => `$${((per(rows) * ROW_USD + calls * CALL_USD) * 1e6).toFixed(2)}`;
	const written_ = object.rows + object.alarms;
	process.stdout.write(
		`${name}: per request ${per(written_).toFixed(2)} rows in the object (${per(object.alarms).toFixed(2)} of them alarms), ` +
			`${per(log).toFixed(2)} in the log, ${per(rollUps).toFixed(2)} in roll-ups and marks; ${calls.toFixed(2)} calls; ` +
			`per million ${usd(written_ + rollUps + log)} with the log, ${usd(written_ + rollUps)} without\n`,
	);
	expect(per(written_)).toBeLessThanOrEqual(most.object);
	expect(per(log + rollUps)).toBeLessThanOrEqual(most.d1);
	expect(per(log)).toBe(3);
});
