import { describe, expect, it } from "vitest";
import { type Fault, isSpent, type ScriptedFault, type Strike, strike } from "#simulator/faults/faults";
import { Cutter } from "#simulator/faults/pieces";
import { type Cue, script } from "#simulator/faults/script";
import type { Frame } from "#simulator/wire/wire";

const scripted = (...faults: Fault[]): ScriptedFault[] => faults.map((fault) => ({ fault, seen: 0, struck: 0 }));

/** What strikes each of a row of requests. */
function row(list: ScriptedFault[], count: number, provider = "openai", models = ["gpt-4.1"]): (string | null)[] {
	let current = list;
	return Array.from({ length: count }, () => {
		const taken = strike(current, provider, models);
		current = taken.list;
		return taken.strike.disruption?.fault ?? null;
	});
}

describe("the fault list", () => {
	it("spends a fault after its times", () => {
		expect(row(scripted({ fault: "reset", times: 2 }), 4)).toEqual(["reset", "reset", null, null]);
		const { list } = strike(scripted({ fault: "reset", times: 1 }), "openai", []);
		expect(list.every(isSpent)).toBe(true);
	});

	it("spreads a rate evenly, without chance", () => {
		expect(row(scripted({ fault: "reset", rate: 0.25 }), 8)).toEqual([
			null,
			null,
			null,
			"reset",
			null,
			null,
			null,
			"reset",
		]);
		for (const rate of [0, 0.1, 0.37, 0.5, 0.9, 1]) {
			const struck = row(scripted({ fault: "reset", rate }), 200).filter((fault) => fault !== null).length;
			expect(Math.abs(struck - 200 * rate)).toBeLessThan(1);
		}
		expect(row(scripted({ fault: "reset", rate: 0.5, times: 1 }), 6)).toEqual([null, "reset", null, null, null, null]);
	});

	it("goes on to the next fault when the first is not due, and leaves the rest untouched", () => {
		const list = scripted({ fault: "reset", rate: 0.5 }, { fault: "empty", times: 1 }, { fault: "html" });
		expect(row(list, 4)).toEqual(["empty", "reset", "html", "reset"]);
	});

	it("chooses by provider, also by its other name, and by model", () => {
		expect(row(scripted({ fault: "reset", provider: "google" }), 1, "gemini")).toEqual(["reset"]);
		expect(row(scripted({ fault: "reset", provider: "gemini" }), 1, "openai")).toEqual([null]);
		expect(row(scripted({ fault: "reset", model: "gpt-6*" }), 1)).toEqual([null]);
		expect(row(scripted({ fault: "reset", model: "gpt-5.6" }), 1, "openai", ["gpt-5.6", "gpt-5.6-sol"])).toEqual([
			"reset",
		]);
	});

	it("adds delays up beside what else strikes", () => {
		const list = scripted(
			{ fault: "latency", ms: 5 },
			{ fault: "reset" },
			{ fault: "latency", ms: 7 },
			{ fault: "slow", ms: 2 },
		);
		expect(strike(list, "openai", []).strike).toEqual({ latencyMs: 12, chunkMs: 2, disruption: { fault: "reset" } });
	});
});

const FRAMES: Frame[] = [
	{ text: "open|", tokens: 0 },
	{ text: "", tokens: 3 },
	{ text: "one|", tokens: 1 },
	{ text: "two|", tokens: 2 },
	{ text: "three|", tokens: 1 },
	{ text: "close|", tokens: 0 },
];

function played(disruption: Strike["disruption"], chunkMs = 0): { text: string; tokens: number; kinds: string } {
	const cues = script(FRAMES, { latencyMs: 0, chunkMs, disruption }, "error|");
	const bytes = cues.filter((cue): cue is Cue & { kind: "bytes" } => cue.kind === "bytes");
	return {
		text: bytes.map((cue) => new TextDecoder().decode(cue.bytes)).join(""),
		tokens: bytes.reduce((sum, cue) => sum + cue.tokens, 0),
		kinds: cues.flatMap((cue) => (cue.kind === "bytes" ? [] : [cue.kind])).join(" "),
	};
}

describe("the script of a body", () => {
	it("is the frames as they are when nothing strikes", () => {
		expect(played(null)).toEqual({ text: "open|one|two|three|close|", tokens: 7, kinds: "" });
	});

	it("strikes after half of the content, or where it is told, but never after the end", () => {
		expect(played({ fault: "clean_eof_mid_stream" })).toEqual({ text: "open|one|two|", tokens: 6, kinds: "" });
		expect(played({ fault: "clean_eof_mid_stream", after: 0 })).toMatchObject({ text: "open|", tokens: 3 });
		expect(played({ fault: "clean_eof_mid_stream", after: 99 })).toMatchObject({
			text: "open|one|two|three|",
			tokens: 7,
		});
	});

	it("cuts within a frame", () => {
		expect(played({ fault: "cut_mid_stream" })).toEqual({ text: "open|one|two|thr", tokens: 6, kinds: "break" });
	});

	it("falls silent, or fails in the vendor's words", () => {
		expect(played({ fault: "hang_after_headers", after: 1 })).toEqual({ text: "open|one|", tokens: 4, kinds: "hang" });
		expect(played({ fault: "error_frame", after: 0 })).toEqual({ text: "open|error|", tokens: 3, kinds: "" });
	});

	it("is garbage from the start unless told otherwise", () => {
		expect(played({ fault: "garbage" }).tokens).toBe(0);
		expect(played({ fault: "garbage", after: 1 }).text).toMatch(/^open\|one\|data: /);
	});

	it("waits before every chunk that shows something", () => {
		expect(played(null, 5).kinds).toBe("pause pause pause pause pause");
	});
});

describe("the cutter", () => {
	const encoder = new TextEncoder();
	const join = (pieces: Uint8Array[]) =>
		new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
			Uint8Array.from(pieces.flatMap((piece) => [...piece])),
		);

	it("loses nothing, and cuts within frames and characters", () => {
		const frames = Array.from({ length: 30 }, (_, at) => (at % 2 === 0 ? `data: “${at}” 海🐦\n\n` : `data: ${at}\n\n`));
		const cutter = new Cutter();
		const pieces = [...frames.flatMap((frame) => cutter.push(encoder.encode(frame), false)), ...cutter.end()];
		expect(join(pieces)).toBe(frames.join(""));
		expect(pieces.some((piece) => ((piece[0] ?? 0) & 0xc0) === 0x80)).toBe(true);
		const gluesFrames = pieces.some((piece) => new TextDecoder().decode(piece).includes("\n\ndata"));
		expect(gluesFrames).toBe(true);
	});

	it("keeps nothing back of a frame that must leave", () => {
		const cutter = new Cutter();
		for (const text of ["a", "bc", "déf", "", "ghij"]) expect(join(cutter.push(encoder.encode(text), true))).toBe(text);
		expect(cutter.end()).toEqual([]);
	});

	it("hands out pieces whose memory nobody else holds", () => {
		const frame = encoder.encode("data: something\n\n");
		for (const piece of new Cutter().push(frame, true)) structuredClone(piece, { transfer: [piece.buffer] });
		expect(frame.length).toBe(17);
	});
});
