import fc from "fast-check";
import { expect, test } from "vitest";
import { callersAttempt, step, World } from "#test/models/circuits/schedules";
import { cases } from "#test/support/scale";

const SEED = 20261123;

const LONG = 120_000;

test(
	"cells do what the reference machine does, whatever happens to them",
	() => {
		fc.assert(
			fc.property(fc.constantFrom(0, 0.25, 0.999), fc.array(step, { maxLength: 16 }), (random, steps) => {
				const world = new World(random);
				for (const each of steps) {
					world.run(each);
					const { product, reference } = world.compare();
					expect(product).toEqual(reference);
				}
			}),
			{ numRuns: cases(10_000), seed: SEED },
		);
	},
	LONG,
);

test(
	"no mix of callers' mistakes and cancels changes anything",
	() => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 20 }), fc.array(callersAttempt, { maxLength: 20 }), (steps, mistakes) => {
				const world = new World(0.5);
				for (const each of steps) world.run(each);
				const before = JSON.stringify(world.circuits.circuits());
				// A permit comes back, which is no harm; so none is used here.
				for (const mistake of mistakes) world.attempt({ ...mistake, permit: null });
				expect(JSON.stringify(world.circuits.circuits())).toBe(before);
			}),
			{ numRuns: cases(1_000), seed: SEED },
		);
	},
	LONG,
);
