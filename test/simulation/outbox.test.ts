import { describe, expect, test, vi } from "vitest";
import type { HoldToken } from "#core/budget/budget";
import type { UsageShipper } from "#durable-objects/api-key/usage/usage-shipper";
import type { Shipment } from "#durable-objects/shared/outbox";
import { EACH } from "#test/support/scale";
import { requestId } from "#test/support/usage-records";
import { batch, type Failure, HONEST, hold, Life, START, type Weaken } from "./life";
import { WatchedStore } from "./watched-store";

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

async function run(failure: Failure | null, weaken: Weaken): Promise<number> {
	const life = new Life(failure, weaken);
	try {
		await live(life);
		return life.calls;
	} finally {
		life.close();
	}
}

/** What a weakened carrier does as it should. */
function others(carrier: UsageShipper) {
	return {
		shipRefused: carrier.shipRefused.bind(carrier),
		markDirty: carrier.markDirty.bind(carrier),
	};
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
		for (let call = 0; call < calls; call += EACH) {
			for (const when of ["before", "after"] as const) {
				await run({ call, when }, HONEST).catch((error: unknown) => {
					throw new Error(`call ${call} of ${calls}, ${when}: ${error}`, { cause: error });
				});
			}
		}
		process.stdout.write(`outbox: ${2 * Math.ceil(calls / EACH)} failures\n`);
	});

	test.each<[string, Weaken]>([
		[
			"what failed counts as shipped",
			(carrier) => ({ ...others(carrier), ship: (parcel) => carrier.ship(parcel).catch(() => {}) }),
		],
		[
			"every flush is told under an epoch of its own",
			(carrier) => {
				let flushes = 0;
				const anew = (parcel: Shipment): Shipment => ({ ...parcel, epoch: parcel.epoch + ++flushes * 1e6 });
				return { ...others(carrier), ship: (parcel) => carrier.ship(anew(parcel)) };
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
