import { expect, it } from "vitest";
import { LiveReads } from "#gateway/control/live-reads";

const MINUTE_MS = 60_000;

it("wakes few objects for screens that ask again and again, however often they do", () => {
	let now = 0;
	const live = new LiveReads(() => now);
	const woken = (): number => {
		const { left } = live;
		live.spend(left);
		return left;
	};
	expect(woken()).toBe(40);
	for (const everyMs of [100, 3_000, 15_000]) {
		let sum = 0;
		const end = now + MINUTE_MS;
		while (now < end) {
			now += everyMs;
			sum += woken();
		}
		expect(sum).toBeGreaterThanOrEqual(19);
		expect(sum).toBeLessThanOrEqual(21);
	}
	now += 60 * MINUTE_MS;
	expect(woken()).toBe(40);
	now -= MINUTE_MS;
	expect(woken()).toBe(0);
});
