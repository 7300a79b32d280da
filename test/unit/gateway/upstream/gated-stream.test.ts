import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChatRequest, Chunk } from "#core/chat/chat";
import { normalUsage } from "#core/chat/usage";
import { UpstreamError } from "#core/fault";
import type { AttemptEnding } from "#gateway/upstream/charge";
import type { ChunkSource } from "#gateway/upstream/exchange";
import { GatedStream } from "#gateway/upstream/gated-stream";
import { anthropic } from "#providers/anthropic/index";
import { provider, upstreamRequestTo } from "#test/support/upstream-request";
import { open as opened, text as said, start } from "#test/unit/providers/fixtures/anthropic";

const upstream = upstreamRequestTo(provider(() => Promise.reject(new Error("not sent"))));
let endings: AttemptEnding[] = [];
let contents = 0;
let startedAt = 0;
const listener = {
	clock: () => Date.now(),
	get startedAt() {
		return startedAt;
	},
	content: () => void contents++,
	end: (ending: AttemptEnding) => void endings.push(ending),
};
const open = (from: ChunkSource, commitAfter: number | null = 5_000, to = upstream) =>
	GatedStream.open(from, to, listener, commitAfter);
const thinking = { ...upstream, model: { ...upstream.model, reasoning: true } };
const text = (content: string): Chunk => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
const finish: Chunk = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
const silent: Chunk = { choices: [], model: "m-2026" };
const broken = new UpstreamError({ kind: "overloaded", status: 200, message: "busy" });

type Step = Chunk[] | null | UpstreamError | "never";

function source(steps: Step[]) {
	let cancelled = false;
	return {
		bytesRead: 0,
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

const MIB = 1024 * 1024;

/** An upstream that says the same without end, in so many bytes. */
function endlessly(chunk: Chunk, bytes: number) {
	return {
		bytesRead: 0,
		isCancelled: false,
		async next(): Promise<Chunk[]> {
			this.bytesRead += bytes;
			return [chunk];
		},
		cancel() {
			this.isCancelled = true;
		},
	};
}

beforeEach(() => {
	endings = [];
	contents = 0;
	vi.useFakeTimers();
	startedAt = Date.now();
});
afterEach(() => {
	vi.useRealTimers();
});

describe("GatedStream", () => {
	it("holds back until the first content and then lets everything pass in order", async () => {
		const held = await open(source([[silent], [text("a")], [text("b")], [finish], null]));
		expect(held.model).toBe("m-2026");
		expect(await held.next()).toEqual([silent, text("a")]);
		expect(await held.next()).toEqual([text("b")]);
		expect(await held.next()).toEqual([finish]);
		expect(await held.next()).toBeNull();
	});

	it("counts of a Messages stream that breaks off the prompt as it was told of, and what came behind", async () => {
		const decoder = anthropic.chat.decoder(upstream.request as ChatRequest, upstream.model);
		const begun = [
			start({ input_tokens: 12, output_tokens: 1 }),
			opened(0, { type: "text", text: "" }),
			said(0, "abc"),
		];
		const chunks = begun.flatMap((event) => decoder.push({ event: "", data: JSON.stringify(event) }));
		const held = await open(source([chunks, broken]));
		while (endings.length === 0) await held.next().catch(() => {});
		expect(endings[0]).toMatchObject({ how: "cut", usage: { uncachedInput: 12, output: 1 }, text: "abc" });
	});

	it("throws an error that comes before the first content, so that it can still become a status", async () => {
		await expect(open(source([[silent], broken]))).rejects.toBe(broken);
	});

	it("never commits a silent stream when somebody else could serve", async () => {
		let fail: (error: unknown) => void = () => {};
		const opening = open({ next: () => new Promise((_, reject) => (fail = reject)), bytesRead: 0, cancel() {} }, null);
		const outcome = expect(opening).rejects.toBe(broken);
		await vi.advanceTimersByTimeAsync(600_000);
		fail(broken);
		await outcome;
	});

	it("tells of the first content once, and of what broke the stream", async () => {
		const held = await open(source([[silent], [text("a")], [text("b")], broken]));
		expect(contents).toBe(1);
		while (endings.length === 0) await held.next().catch(() => {});
		expect(contents).toBe(1);
		expect(endings[0]).toMatchObject({ how: "cut", cause: broken.fault });
	});

	it.each<[string, (held: GatedStream) => Promise<unknown>]>([
		["while it is collected", (held) => held.collect()],
		["while it is looked at for its pace", (held) => held.linger(600_000)],
	])("is broken off when more of it is held back than is kept of any answer, %s", async (_, hold) => {
		const endless = endlessly(text("a"), MIB);
		const held = await open(endless, null);
		await expect(hold(held)).rejects.toMatchObject({ fault: { kind: "malformed" } });
		expect(endless.isCancelled).toBe(true);
		expect(endless.bytesRead).toBeLessThanOrEqual(34 * MIB);
		expect(endings).toMatchObject([{ how: "cut", cause: { kind: "malformed" } }]);
	});

	it("is broken off before its first content for the same", async () => {
		const endless = endlessly(silent, MIB);
		await expect(open(endless, null)).rejects.toMatchObject({ fault: { kind: "malformed" } });
		expect(endless.isCancelled).toBe(true);
	});

	it("passes on more than that, and breaks off only what is written without figures", async () => {
		const short = endlessly(text("a"), MIB);
		const held = await open(short, null);
		for (let n = 0; n < 100; n++) await held.next();
		expect(short.bytesRead).toBe(100 * MIB);
		const long = endlessly(text("a".repeat(MIB)), MIB);
		const other = await open(long, null);
		const passed = async () => {
			for (;;) await other.next();
		};
		await expect(passed()).rejects.toMatchObject({ fault: { kind: "malformed" } });
		expect(long.bytesRead).toBeLessThanOrEqual(34 * MIB);
	});

	it("does not let a last word undo what was used before, and counts what was written since", async () => {
		const figures = (input: number, output: number): Chunk => {
			return { choices: [], usage: normalUsage({ input, output }) ?? undefined } as Chunk;
		};
		const steps = [[text("a")], [figures(100, 60)], [text("12345")], [finish, figures(1, 0)], null];
		const held = await open(source(steps));
		while ((await held.next()) !== null);
		expect(held.bill()).toMatchObject({ usage: { uncachedInput: 100, output: 65, source: "estimated" }, cost: 230 });
	});

	it("throws an error that comes after content from the read that meets it", async () => {
		const held = await open(source([[text("a")], broken]));
		await held.next();
		await expect(held.next()).rejects.toBe(broken);
	});

	it("commits after some seconds of silence and then says that nothing has come yet, until something does", async () => {
		let deliver: (chunks: Chunk[]) => void = () => {};
		const late = new Promise<Chunk[]>((resolve) => {
			deliver = resolve;
		});
		const steps = [late, Promise.resolve([finish]), Promise.resolve(null)];
		const opening = open({ next: () => steps.shift() as Promise<Chunk[] | null>, bytesRead: 0, cancel() {} });
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
		const held = await open(source([[text("a")], null]));
		await held.next();
		expect(vi.getTimerCount()).toBe(0);
	});

	it("bills the last usage that the provider reported", async () => {
		const usage = (output: number) => normalUsage({ input: 10, output }) ?? undefined;
		const chunks = [1, 2, 3].map((output) => ({ ...text("x"), usage: usage(output) }) as Chunk);
		const held = await open(source([chunks, null]));
		while ((await held.next()) !== null);
		// 10 tokens at 1000 and 3 at 2000 pico-dollars.
		expect(held.bill()).toMatchObject({ cost: 16, usage: { output: 3, source: "provider" } });
	});

	it("estimates from what passed when the provider reported nothing", async () => {
		const held = await open(source([[text("several words of an answer")], [finish], null]));
		while ((await held.next()) !== null);
		const { usage, cost } = held.bill();
		expect(usage.source).toBe("estimated");
		expect(usage.output).toBeGreaterThan(2);
		expect(cost).toBeGreaterThan(0);
	});

	it("counts what was written after the figures on top of them", async () => {
		const usage = normalUsage({ input: 10, output: 1 });
		const early = await open(source([[{ ...text("x"), usage } as Chunk], [text("four")], [finish], null]));
		while ((await early.next()) !== null);
		expect(early.bill()).toMatchObject({ usage: { output: 5, source: "estimated" }, cost: 20 });
	});

	it("tells how long nothing was seen: before the first content, its headers included, and in each long pause", async () => {
		startedAt = Date.now() - 3_000;
		const steps = [[text("a")], [text("b")], [text("c")], broken];
		const waits = [1_000, 900, 5_000, 2_000];
		const slow: ChunkSource = {
			next: async () => {
				await vi.advanceTimersByTimeAsync(waits.shift() ?? 0);
				const step = steps.shift();
				if (step instanceof UpstreamError) throw step;
				return step ?? null;
			},
			bytesRead: 0,
			cancel() {},
		};
		const held = await open(slow, null, thinking);
		for (let n = 0; n < 3; n++) await held.next();
		await expect(held.next()).rejects.toBe(broken);
		expect(endings).toMatchObject([{ how: "cut", text: "abc", unseenMs: 4_000 + 5_000 + 2_000 }]);
	});

	it.each([true, false])(
		"counts no silence that a caller leaves for a model that cannot think, whether %s",
		async (can) => {
			startedAt = Date.now() - 3_000;
			const held = await open(source([[text("a")], "never"]), null, can ? thinking : upstream);
			await held.next();
			await vi.advanceTimersByTimeAsync(2_000);
			held.cancel();
			expect(endings).toMatchObject([{ how: "cut", text: "a", unseenMs: can ? 5_000 : 0 }]);
		},
	);

	it("counts the silence in which what any model wrote was lost", async () => {
		let fail: (error: unknown) => void = () => {};
		const steps = [Promise.resolve([text("a")]), new Promise<never>((_, reject) => (fail = reject))];
		const held = await open({ next: () => steps.shift() as Promise<Chunk[]>, bytesRead: 0, cancel() {} }, null);
		await held.next();
		const broke = expect(held.next()).rejects.toBe(broken);
		await vi.advanceTimersByTimeAsync(2_000);
		fail(broken);
		await broke;
		expect(endings).toMatchObject([{ how: "cut", unseenMs: 2_000 }]);
	});

	it("tells its end once: with the bill, or as cut with what had come", async () => {
		const whole = await open(source([[text("a")], [finish], null]));
		while ((await whole.next()) !== null);
		expect(endings).toMatchObject([{ how: "answered", bill: { usage: { source: "estimated" } } }]);
		endings = [];
		const broke = await open(source([[text("some words")], broken]));
		await broke.next();
		await expect(broke.next()).rejects.toBe(broken);
		expect(endings).toMatchObject([{ how: "cut", usage: null, text: "some words" }]);
		endings = [];
		const left = await open(source([[text("some words")], "never"]));
		await left.next();
		left.cancel();
		expect(endings).toMatchObject([{ how: "cut", text: "some words" }]);
	});
});
