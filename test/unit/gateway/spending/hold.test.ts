import { describe, expect, it } from "vitest";
import type { ChatRequest } from "#core/chat/chat";
import type { KeyPolicy } from "#core/key/policy";
import { SpendRefused } from "#gateway/spending/reservation";
import { JsonSource } from "#lib/json-source";
import { at, errorOf, expectBooksInOrder, fails, says, TestRun } from "#test/support/failover-run";

const LATER: KeyPolicy = { expiresAt: 1 };
const LAST: KeyPolicy = { expiresAt: 2 };

describe("a request whose key changes while it is held for", () => {
	it("is planned anew under each policy, and held for under the last", async () => {
		const run = new TestRun({ targets: [at("a", says("hi"))], keyChanges: [LATER, LAST] });
		expect(await run.text()).toBe("hi");
		expect(run.plannedUnder).toEqual([{}, LATER, LAST]);
		expect(run.heldUnder).toEqual([
			[{}, 1],
			[LATER, 2],
			[LAST, 3],
		]);
		expect(run.failover.attempts.map(({ hold }) => hold.principal.policy)).toEqual([LAST]);
		expectBooksInOrder(run);
	});

	it("begins its next attempt with what is in force", async () => {
		const run = new TestRun({ targets: [at("a", fails(500)), at("b", says("hi"))], keyChanges: [LATER] });
		expect(await run.text()).toBe("hi");
		expect(run.heldUnder).toEqual([
			[{}, 1],
			[LATER, 2],
			[LATER, 2],
		]);
		expectBooksInOrder(run);
	});

	it("is refused when the key never stands still, with nothing sent", async () => {
		const run = new TestRun({ targets: [at("a", says("hi"))], keyChanges: [LATER, LAST, LATER, LAST] });
		expect(await errorOf(run)).toMatchObject({ status: 503, code: "ledger_unavailable" });
		expect(run.calls).toEqual([]);
	});

	it("returns the permit of a trial for which it gets no hold", async () => {
		const changes = [LATER, LAST, LATER, LAST];
		const candidate = { needsTrial: true };
		const run = new TestRun({
			targets: [{ name: "a", manners: [says("hi")], candidate }],
			permits: { a: "p" },
			keyChanges: changes,
		});
		expect(await errorOf(run)).toMatchObject({ code: "ledger_unavailable" });
		expect(run.returned).toEqual(["p", "p", "p", "p"]);
	});
});

describe("a request that cannot be routed under the key as it was seen", () => {
	const routes = (policy: KeyPolicy) => policy === LATER;

	it("is routed under the one in force", async () => {
		const run = new TestRun({ targets: [at("a", says("hi"))], routes, inForce: LATER });
		expect(await run.text()).toBe("hi");
		expect(run.heldUnder).toEqual([[LATER, 1]]);
	});

	it("is refused for what routing says when the key has not changed", async () => {
		const run = new TestRun({ targets: [at("a", says("hi"))], routes });
		expect(await errorOf(run)).toMatchObject({ status: 400 });
		expect(run.heldUnder).toEqual([]);
	});
});

describe("a prompt whose characters stand as escapes with their codes", () => {
	const content = "中".repeat(400);
	const plain = JSON.stringify({ messages: [{ role: "user", content }] });
	const escaped = plain.replaceAll("中", "\\u4e2d");

	function asking(text: string, mostHeld = Number.MAX_SAFE_INTEGER): TestRun {
		const body = JSON.parse(text);
		const request: Partial<ChatRequest> = {
			messages: body.messages,
			source: new JsonSource(text, body),
			max_completion_tokens: 20,
		};
		return new TestRun({ targets: [at("a", says("hi"))], request, mostHeld });
	}

	async function heldFor(text: string, mostHeld?: number): Promise<number> {
		const run = asking(text, mostHeld);
		expect(await run.text()).toBe("hi");
		expectBooksInOrder(run);
		return run.failover.attempts[0]?.hold.token?.amount ?? 0;
	}

	it("is held for by its text, and by what it says where a budget has no more", async () => {
		const measured = await heldFor(escaped);
		const counted = await heldFor(plain);
		expect(measured).toBeGreaterThan(counted * 1.5);
		const between = Math.round((measured + counted) / 2);
		expect(await heldFor(escaped, between)).toBeLessThan(between);
	});

	it("is refused where that is too much, too, and one without escapes is asked for once", async () => {
		const counted = await heldFor(plain);
		for (const [text, asks] of [
			[escaped, 2],
			[plain, 1],
		] as const) {
			const run = asking(text, counted - 1000);
			await expect(run.failover.run()).rejects.toBeInstanceOf(SpendRefused);
			expect(run.heldUnder).toHaveLength(asks);
			expect(run.calls).toEqual([]);
		}
	});
});
