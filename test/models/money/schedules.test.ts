import { expect, test } from "vitest";
import { cases, IS_LONG } from "#test/support/scale";
import { Schedule } from "./schedules";

test("random schedules of a team and its keys never spend or lend more than there is, and strand nothing", () => {
	const schedules = IS_LONG ? 100_000 : cases(3_000);
	let steps = 0;
	let admitted = 0;
	let booked = 0;
	for (let seed = 1; seed <= schedules; seed++) {
		const schedule = new Schedule(seed);
		try {
			schedule.run();
		} catch (error) {
			throw new Error(`seed ${seed}, step ${schedule.steps}`, { cause: error });
		}
		steps += schedule.steps;
		admitted += schedule.admitted;
		booked += schedule.booked;
	}
	expect(booked).toBeGreaterThan(schedules / 4);
	const figures = `${steps} steps, ${admitted} holds, ${booked} late costs`;
	process.stdout.write(`team and keys: ${schedules} schedules from seed 1, ${figures}\n`);
}, 900_000);
