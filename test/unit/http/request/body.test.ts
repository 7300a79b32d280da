import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import { LargeBodies, MAX_UNCOUNTED_BYTES } from "#gateway/large-bodies";
import { MAX_LARGE_BODY_BYTES, RequestBody } from "#http/request/body";

const MIB = 1024 * 1024;

function bodyOf(body: BodyInit, headers: Record<string, string> = {}, bodies = new LargeBodies(Date.now)): RequestBody {
	const request = new Request("http://gateway/", { method: "POST", body, headers, duplex: "half" } as RequestInit);
	return new RequestBody(request, () => bodies.share());
}

async function refusal(body: RequestBody): Promise<GatewayError["details"]> {
	try {
		await body.look();
	} catch (error) {
		if (error instanceof GatewayError) return error.details;
		throw error;
	}
	throw new Error("was accepted");
}

/** A body of unknown length that never ends. */
function endless(): { stream: ReadableStream<Uint8Array>; read: () => number } {
	let read = 0;
	const piece = new Uint8Array(64 * 1024).fill(0x20);
	const stream = new ReadableStream<Uint8Array>({
		pull(controller) {
			read += piece.byteLength;
			controller.enqueue(piece);
		},
	});
	return { stream, read: () => read };
}

const textOf = async (pieces: readonly Uint8Array[]) => new Blob([...pieces]).text();

describe("the body of a request to a model", () => {
	it("can be looked at any number of times, and is taken once", async () => {
		const body = bodyOf("some text");
		expect(await textOf(await body.look())).toBe("some text");
		expect(await textOf(await body.look())).toBe("some text");
		expect(await textOf(await body.take())).toBe("some text");
		await expect(body.take()).rejects.toThrow();
	});

	it("is refused soon beyond what it may hold, whatever its length header says", async () => {
		const { stream, read } = endless();
		expect(await refusal(bodyOf(stream))).toMatchObject({ status: 413, code: "request_too_large" });
		expect(read()).toBeLessThan(MAX_LARGE_BODY_BYTES + MIB);
		const claimed = { "content-length": String(MAX_LARGE_BODY_BYTES + 1) };
		expect(await refusal(bodyOf(endless().stream, claimed))).toMatchObject({ status: 413 });
	});

	it("is counted by what comes, and not by what is claimed", async () => {
		const bodies = new LargeBodies(Date.now);
		const claimed = bodyOf("{}", { "content-length": String(20 * MIB) }, bodies);
		await claimed.look();
		expect(bodies.bytes).toBe(0);
		const small = bodyOf(new Uint8Array(MAX_UNCOUNTED_BYTES), {}, bodies);
		await small.look();
		expect([bodies.bytes, small.isCounted]).toEqual([0, false]);
		const large = bodyOf(gzipSync(Buffer.alloc(20 * MIB, " ")), { "content-encoding": "gzip" }, bodies);
		await large.look();
		expect([bodies.bytes, large.isCounted]).toEqual([20 * MIB, true]);
		large.release();
		expect(bodies.bytes).toBe(0);
	});

	it("is put off beyond what the isolate holds: what came is let go of, and the rest thrown away", async () => {
		const bodies = new LargeBodies(Date.now);
		bodies.share().add(40 * MIB);
		const putOff = { status: 503, code: "large_bodies_full", retryAfterMs: expect.any(Number) };
		expect(await refusal(bodyOf(new Uint8Array(12 * MIB), {}, bodies))).toMatchObject(putOff);
		expect(bodies.bytes).toBe(40 * MIB);
		const { stream, read } = endless();
		expect(await refusal(bodyOf(stream, {}, bodies))).toMatchObject(putOff);
		expect(read()).toBeLessThan(MAX_LARGE_BODY_BYTES + MIB);
		expect(bodies.bytes).toBe(40 * MIB);
	});

	it("that breaks off is that of a caller who has left", async () => {
		const stream = new ReadableStream<Uint8Array>({
			pull(controller) {
				controller.error(new Error("Network connection lost."));
			},
		});
		expect(await refusal(bodyOf(stream))).toMatchObject({ status: 499, code: "client_closed_request" });
	});

	describe("is decompressed", () => {
		const text = JSON.stringify({ text: "漢字 🙂".repeat(10_000) });

		it.each([
			["gzip", gzipSync],
			["X-GZip", gzipSync],
			["deflate", deflateSync],
		] as const)("from %s", async (encoding, compress) => {
			expect(await textOf(await bodyOf(compress(text), { "content-encoding": encoding }).take())).toBe(text);
		});

		it("and measured as it was before", async () => {
			const bomb = gzipSync(Buffer.alloc(MAX_LARGE_BODY_BYTES + 1, " "));
			const headers = { "content-encoding": "gzip", "content-length": String(bomb.byteLength) };
			expect(bomb.byteLength).toBeLessThan(64 * 1024);
			expect(await refusal(bodyOf(bomb, headers))).toMatchObject({ status: 413, code: "request_too_large" });
		});

		it("unless it does not decode, or is encoded otherwise", async () => {
			const broken = gzipSync(text).subarray(0, 100);
			for (const bytes of [text, broken]) {
				const details = await refusal(bodyOf(bytes, { "content-encoding": "gzip" }));
				expect(details).toMatchObject({ status: 400, code: "invalid_request" });
			}
			for (const encoding of ["br", "zstd", "gzip, gzip"]) {
				const details = await refusal(bodyOf(text, { "content-encoding": encoding }));
				expect(details).toMatchObject({ status: 415, code: "unsupported_encoding" });
				expect(details.headers).toEqual({ "accept-encoding": "gzip, deflate" });
			}
		});
	});
});
