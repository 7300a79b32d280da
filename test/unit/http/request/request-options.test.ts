import { describe, expect, it } from "vitest";
import { requestedOptimize, timeLimits } from "#http/request/request-options";

const limits = (headers: Record<string, string>) => timeLimits(new Headers(headers));

describe("time limits", () => {
	it("are absent unless a header names them", () => {
		expect(limits({})).toEqual({ totalMs: null, beginMs: null, ttftMs: null });
	});

	it("are in milliseconds, the SDK's in seconds", () => {
		const headers = {
			"x-tollgate-timeout-ms": "9000",
			"x-tollgate-ttft-timeout-ms": "800",
			"x-stainless-timeout": "1.5",
		};
		expect(limits(headers)).toEqual({ totalMs: 9_000, ttftMs: 800, beginMs: 1_500 });
	});

	it("of an SDK go by either of its headers, the shorter where both are there", () => {
		expect(limits({ "x-stainless-read-timeout": "600" }).beginMs).toBe(600_000);
		expect(limits({ "x-stainless-read-timeout": "2", "x-stainless-timeout": "600" }).beginMs).toBe(2_000);
		expect(limits({ "x-stainless-read-timeout": "NOT_GIVEN", "x-stainless-timeout": "3" }).beginMs).toBe(3_000);
	});

	it.each(["0", "-1", "1.5", "1e3", "soon", "", "86400001", "999999999"])("of %o milliseconds are refused", (text) => {
		expect(() => limits({ "x-tollgate-timeout-ms": text })).toThrow(
			expect.objectContaining({ details: expect.objectContaining({ status: 400, param: "x-tollgate-timeout-ms" }) }),
		);
	});

	it.each(["0", "-1", "soon", "Infinity", "999999"])(
		"of an SDK that make no sense, such as %o, are ignored",
		(text) => {
			expect(limits({ "x-stainless-timeout": text }).beginMs).toBeNull();
			expect(limits({ "x-stainless-read-timeout": text }).beginMs).toBeNull();
		},
	);
});

describe("a wish what to optimise", () => {
	it("is one of four", () => {
		expect(requestedOptimize(new Headers())).toBeNull();
		expect(requestedOptimize(new Headers({ "x-tollgate-optimize": "latency" }))).toBe("latency");
		expect(() => requestedOptimize(new Headers({ "x-tollgate-optimize": "magic" }))).toThrow(/one of cost, latency/);
	});
});
