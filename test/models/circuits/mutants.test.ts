import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import * as table from "#core/health/outcome-table";
import * as cell from "#durable-objects/provider/cell";
import * as openTime from "#durable-objects/provider/open-time";
import * as trial from "#durable-objects/provider/trial";
import * as trip from "#durable-objects/provider/trip";
import * as window from "#durable-objects/provider/window";
import { step, World } from "./schedules";

vi.mock(import("#durable-objects/provider/cell"), { spy: true });
vi.mock(import("#durable-objects/provider/open-time"), { spy: true });
vi.mock(import("#durable-objects/provider/trial"), { spy: true });
vi.mock(import("#durable-objects/provider/trip"), { spy: true });
vi.mock(import("#durable-objects/provider/window"), { spy: true });
vi.mock(import("#core/health/outcome-table"), { spy: true });

/** What the rules are without a mutant. */
const own = {
	...(await vi.importActual<typeof cell>("#durable-objects/provider/cell")),
	...(await vi.importActual<typeof openTime>("#durable-objects/provider/open-time")),
	...(await vi.importActual<typeof trial>("#durable-objects/provider/trial")),
	...(await vi.importActual<typeof trip>("#durable-objects/provider/trip")),
	...(await vi.importActual<typeof window>("#durable-objects/provider/window")),
	...(await vi.importActual<typeof table>("#core/health/outcome-table")),
};

const MUTANTS: Record<string, () => void> = {
	"six failures in a row trip": () => {
		vi.mocked(trip.tripRule).mockImplementation((streak, ...rest) => own.tripRule(streak - 1, ...rest));
	},
	"half of the attempts may fail": () => {
		vi.mocked(trip.tripRule).mockImplementation((...all) => {
			const rule = own.tripRule(...all);
			return rule === "failure_rate" ? null : rule;
		});
	},
	"one key's failures trip a cell that others use": () => {
		vi.mocked(trip.tripRule).mockImplementation((streak, buckets, now) => {
			const alone = buckets.map((bucket) => ({ ...bucket, keys: bucket.failedKeys }));
			return own.tripRule(streak, alone, now);
		});
	},
	"a few failures are shed before they trip a cell": () => {
		vi.mocked(trip.shed).mockImplementation((buckets, now) => {
			return own.successRate(buckets, now) === 0 ? 0.5 : own.shed(buckets, now);
		});
	},
	"one key's failures are shed for others": () => {
		vi.mocked(trip.shed).mockImplementation((buckets, now) => {
			const alone = buckets.map((bucket) => ({ ...bucket, keys: bucket.failedKeys }));
			return own.shed(alone, now);
		});
	},
	"a repeated failure counts whatever else succeeds": () => {
		vi.mocked(window.isRepetition).mockReturnValue(false);
	},
	"failures count for longer than a minute": () => {
		vi.mocked(window.tally).mockImplementation((buckets, size, now) => own.tally(buckets, size + 1, now));
	},
	"two trials run at once": () => {
		vi.mocked(trial.grant).mockImplementation((open, ...rest) =>
			own.grant({ ...open, trials: { ...open.trials, pending: null } }, ...rest),
		);
	},
	"a lost permit is never free again": () => {
		vi.mocked(trial.grant).mockImplementation((open, id, panic, now) =>
			open.trials.pending === null ? own.grant(open, id, panic, now) : null,
		);
	},
	"a permit is lost though its trial shows that it runs": () => {
		vi.mocked(trial.renewed).mockImplementation((trials) => trials);
	},
	"a permit that was lost takes another's turn": () => {
		vi.mocked(trial.renewed).mockImplementation((trials, permit, now) => {
			const { pending } = trials;
			return own.renewed({ ...trials, pending: pending && { ...pending, id: permit } }, permit, now);
		});
	},
	"a permit is not returned": () => {
		vi.mocked(trial.ended).mockImplementation((trials) => trials);
	},
	"what a late trial brings is lost": () => {
		vi.mocked(trial.isGranted).mockImplementation((trials, permit) => permit !== null && trials.pending?.id === permit);
	},
	"an open cell listens to everybody": () => {
		vi.mocked(trial.isGranted).mockReturnValue(true);
	},
	"the last resort is tried all the time": () => {
		vi.mocked(trial.grant).mockImplementation((open, ...rest) =>
			own.grant({ ...open, trials: { ...open.trials, lastAt: 0 } }, ...rest),
		);
	},
	"a cell opens as soon after many trips as after one": () => {
		vi.mocked(openTime.openTime).mockImplementation((_, random) => own.openTime(1, random));
	},
	"trips are never forgotten": () => {
		vi.mocked(openTime.remembered).mockImplementation((trips) => trips);
	},
	"every failed trial lengthens the wait": () => {
		vi.mocked(openTime.afterFailedTrial).mockImplementation((trips) => trips + 1);
	},
	"nobody listens to retry-after": () => {
		vi.mocked(openTime.throttleTime).mockImplementation((_, ...rest) => own.throttleTime(null, ...rest));
	},
	"refusals in a row do not lengthen the wait": () => {
		vi.mocked(openTime.throttleTime).mockImplementation((asked, _, random) => own.throttleTime(asked, 0, random));
	},
	"a recovered cell takes all at once": () => {
		vi.mocked(cell.asOf).mockImplementation((ramping, now) => own.asOf(ramping, now + 15_000));
	},
	"a cell is tried a millisecond late": () => {
		vi.mocked(cell.cellStatus).mockImplementation((known, now) => own.cellStatus(known, now - 1));
	},
	"what began before a reset counts after it": () => {
		vi.mocked(cell.newCell).mockImplementation((now) => own.newCell(now));
	},
	"a caller's mistake is the model's failure": () => {
		vi.mocked(table.verdictsOf).mockImplementation((outcome) =>
			own.verdictsOf(outcome.fault === "bad_request" ? { ...outcome, fault: "server" } : outcome),
		);
	},
	"a refusal for one model's rate throttles the account": () => {
		vi.mocked(table.verdictsOf).mockImplementation((outcome) => own.verdictsOf({ ...outcome, limits: "account" }));
	},
	"the account's own limit throttles one model": () => {
		vi.mocked(table.verdictsOf).mockImplementation((outcome) => own.verdictsOf({ ...outcome, limits: null }));
	},
	"a dead credential is a failure like any other": () => {
		vi.mocked(table.verdictsOf).mockImplementation((outcome) =>
			own.verdictsOf(outcome.fault === "credential" ? { ...outcome, fault: "server" } : outcome),
		);
	},
	"a provider that cannot be reached is the model's matter alone": () => {
		vi.mocked(table.verdictsOf).mockImplementation((outcome) =>
			own.verdictsOf(outcome.fault === "connect" ? { ...outcome, fault: "server" } : outcome),
		);
	},
};

afterEach(() => void vi.resetAllMocks());

function agree(): boolean {
	const check = fc.check(
		fc.property(fc.constantFrom(0, 0.25, 0.999), fc.array(step, { maxLength: 20 }), (random, steps) => {
			const world = new World(random);
			for (const each of steps) {
				world.run(each);
				const { product, reference } = world.compare();
				if (JSON.stringify(product) !== JSON.stringify(reference)) return false;
			}
			return true;
		}),
		{ numRuns: 3_000, seed: 4, endOnFailure: true },
	);
	return !check.failed;
}

test.each(Object.entries(MUTANTS))(
	"a mutant is found: %s",
	(_, plant) => {
		plant();
		expect(agree()).toBe(false);
	},
	120_000,
);
