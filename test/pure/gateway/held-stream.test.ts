import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Chunk } from "../../../src/core/chat";
import { UpstreamError } from "../../../src/core/fault";
import { normalUsage } from "../../../src/core/usage";
import { HeldStream } from "../../../src/gateway/held-stream";
import { orderFor, provider } from "./order";

const order = orderFor(provider(() => Promise.reject(new Error("not sent"))));
const text = (content: string): Chunk => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
const finish: Chunk = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
const silent: Chunk = { choices: [], model: "m-2026" };
const broken = new UpstreamError({ kind: "overloaded", status: 200, message: "busy" });

type Step = Chunk[] | null | UpstreamError | "never";

function source(steps: Step[]) {
	let cancelled = false;
	return {
		get cancelled() {
			return cancelled;
		},
		async next() {
			const step = steps.shift();
			if (step === undefined) throw new Error("read past the end");
			if (step instanceof UpstreamError) throw step;
			if (step === "never") return new Promise<never>(() => {});
			return step;
		},
		cancel() {
			cancelled = true;
		},
	};
}

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

describe("HeldStream", () => {
	it("holds back until the first content and then lets everything pass in order", async () => {
		const held = await HeldStream.open(source([[silent], [text("a")], [text("b")], [finish], null]), order);
		expect(held.model).toBe("m-2026");
		expect(await held.next()).toEqual([silent, text("a")]);
		expect(await held.next()).toEqual([text("b")]);
		expect(await held.next()).toEqual([finish]);
		expect(await held.next()).toBeNull();
	});

	it("throws an error that comes before the first content, so that it can still become a status", async () => {
		await expect(HeldStream.open(source([[silent], broken]), order)).rejects.toBe(broken);
	});

	it("throws an error that comes after content from the read that meets it", async () => {
		const held = await HeldStream.open(source([[text("a")], broken]), order);
		await held.next();
		await expect(held.next()).rejects.toBe(broken);
	});

	it("commits after some seconds of silence and then says that nothing has come yet, until something does", async () => {
		let deliver: (chunks: Chunk[]) => void = () => {};
		const late = new Promise<Chunk[]>((resolve) => {
			deliver = resolve;
		});
		const steps = [late, Promise.resolve([finish]), Promise.resolve(null)];
		const opening = HeldStream.open({ next: () => steps.shift() as Promise<Chunk[] | null>, cancel() {} }, order);
		await vi.advanceTimersByTimeAsync(5_000);
		const held = await opening;
		const first = held.next();
		await vi.advanceTimersByTimeAsync(15_000);
		expect(await first).toBe("silent");
		const second = held.next();
		deliver([text("late")]);
		expect(await second).toEqual([text("late")]);
		expect(await held.next()).toEqual([finish]);
		expect(await held.next()).toBeNull();
	});

	it("leaves no timer behind when the stream is quick", async () => {
		const held = await HeldStream.open(source([[text("a")], null]), order);
		await held.next();
		expect(vi.getTimerCount()).toBe(0);
	});

	it("bills the last usage that the provider reported", async () => {
		const usage = (output: number) => normalUsage({ input: 10, output }) ?? undefined;
		const chunks = [1, 2, 3].map((output) => ({ ...text("x"), usage: usage(output) }) as Chunk);
		const held = await HeldStream.open(source([chunks, null]), order);
		while ((await held.next()) !== null);
		// 10 tokens at 1000 and 3 at 2000 pico-dollars.
		expect(held.bill()).toMatchObject({ cost: 16, usage: { output: 3, source: "provider" } });
	});

	it("estimates from what passed when the provider reported nothing", async () => {
		const held = await HeldStream.open(source([[text("several words of an answer")], [finish], null]), order);
		while ((await held.next()) !== null);
		const { usage, cost } = held.bill();
		expect(usage.source).toBe("estimated");
		expect(usage.output).toBeGreaterThan(2);
		expect(cost).toBeGreaterThan(0);
	});
});
