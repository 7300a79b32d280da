import { describe, expect, it } from "vitest";
import { releasing } from "#http/response/releasing";

function answer(body: BodyInit | null, caller = new AbortController()) {
	let released = 0;
	const source = new Response(body, { status: 201, headers: { "x-some": "header" } });
	const response = releasing(source, { release: () => released++ }, caller.signal);
	return { response, isReleased: () => released > 0, caller };
}

describe("a large body is let go of", () => {
	it("when the last byte of the answer is read, and not before", async () => {
		const { response, isReleased } = answer("all of it");
		expect([response.status, response.headers.get("x-some")]).toEqual([201, "header"]);
		expect(isReleased()).toBe(false);
		expect(await response.text()).toBe("all of it");
		expect(isReleased()).toBe(true);
	});

	it("when there is nothing to read", () => {
		expect(answer(null).isReleased()).toBe(true);
	});

	it("when the caller reads no further, which the source hears", async () => {
		let reason: unknown;
		const { response, isReleased } = answer(
			new ReadableStream({
				cancel(why) {
					reason = why;
				},
			}),
		);
		await response.body?.cancel("gone");
		expect([isReleased(), reason]).toEqual([true, "gone"]);
	});

	it("when the answer breaks off", async () => {
		const { response, isReleased } = answer(
			new ReadableStream({
				pull() {
					throw new Error("broken");
				},
			}),
		);
		await expect(response.text()).rejects.toThrow("broken");
		expect(isReleased()).toBe(true);
	});

	it("when the caller has left, before or after", () => {
		const gone = new AbortController();
		gone.abort();
		expect(answer("text", gone).isReleased()).toBe(true);
		const { isReleased, caller } = answer("text");
		caller.abort();
		expect(isReleased()).toBe(true);
	});
});
