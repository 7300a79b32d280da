import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import { MAX_BODY_BYTES } from "#http/request/body";
import { DEPTH_LIMIT, MAX_KEYS, readJson } from "#http/request/json-body";

function post(body: BodyInit): Request {
	return new Request("http://gateway/", { method: "POST", body, duplex: "half" } as RequestInit);
}

async function refusal(request: Request): Promise<GatewayError["details"]> {
	try {
		await readJson(request);
	} catch (error) {
		if (error instanceof GatewayError) return error.details;
		throw error;
	}
	throw new Error("was accepted");
}

/** A body of unknown length that never ends. */
function endless(): { body: ReadableStream<Uint8Array>; read: () => number } {
	let read = 0;
	const piece = new Uint8Array(64 * 1024).fill(0x20);
	const body = new ReadableStream<Uint8Array>({
		pull(controller) {
			read += piece.byteLength;
			controller.enqueue(piece);
		},
	});
	return { body, read: () => read };
}

describe("readJson", () => {
	it("reads JSON in one piece or many, inside characters too", async () => {
		const bytes = new TextEncoder().encode('{"text":"漢字 🙂"}');
		expect(await readJson(post(bytes))).toEqual({ text: "漢字 🙂" });
		const pieces = [...bytes].map((byte) => new Uint8Array([byte]));
		const body = new ReadableStream<Uint8Array>({
			pull(controller) {
				const piece = pieces.shift();
				if (piece === undefined) controller.close();
				else controller.enqueue(piece);
			},
		});
		expect(await readJson(post(body))).toEqual({ text: "漢字 🙂" });
	});

	it("stops reading soon after the limit, whatever the length header says", async () => {
		const { body, read } = endless();
		expect(await refusal(post(body))).toMatchObject({ status: 413, code: "request_too_large" });
		expect(read()).toBeLessThan(MAX_BODY_BYTES + 1024 * 1024);
	});

	it.each([
		["", "empty"],
		["{", "not valid JSON"],
		["not json", "not valid JSON"],
		[new Uint8Array([0x22, 0xff, 0x22]), "UTF-8"],
	])("refuses %j", async (body, words) => {
		const details = await refusal(post(body));
		expect(details.status).toBe(400);
		expect(details.message).toContain(words);
	});

	it("does not quote the body in an error", async () => {
		expect((await refusal(post('{"password": hunter2}'))).message).not.toContain("hunter2");
	});

	it("accepts nesting up to the limit and refuses more, however deep", async () => {
		const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
		expect(await readJson(post(nested(DEPTH_LIMIT)))).toBeInstanceOf(Array);
		expect((await refusal(post(nested(DEPTH_LIMIT + 1)))).message).toContain("nested");
		expect((await refusal(post(nested(100_000)))).message).toContain("nested");
		expect((await refusal(post(nested(1_000_000)))).message).toContain("nested");
		const long = (depth: number) => `{"text":"${"[{".repeat(400_000)}","more":${nested(depth)}}`;
		expect(await readJson(post(long(DEPTH_LIMIT - 1)))).toHaveProperty("more");
		expect((await refusal(post(long(DEPTH_LIMIT)))).message).toContain("nested");
		const wide = (depth: number) => `{"text":"${"x".repeat(600_000)}","more":[${nested(depth)},{},{},[[]]]}`;
		expect(await readJson(post(wide(DEPTH_LIMIT - 2)))).toHaveProperty("more");
		expect((await refusal(post(wide(DEPTH_LIMIT - 1)))).message).toContain("nested");
	});

	it("does not count brackets inside strings", async () => {
		expect(await readJson(post(`["${"[{".repeat(200)}\\"${"[".repeat(200)}"]`))).toHaveLength(1);
	});

	describe("counts keys before parsing", () => {
		const members = (count: number) => Array.from({ length: count }, (_, i) => `"${i}":1`).join();

		it.each([
			["in one object", (keys: number) => `{${members(keys)}}`],
			["over many", (keys: number) => `[${Array.from({ length: keys }, () => '{"a":{}}').join()}]`],
			["with blanks before the colon", (keys: number) => `[${Array.from({ length: keys }, () => '{"a" :1}').join()}]`],
		])("%s", async (_, body) => {
			expect(await readJson(post(body(MAX_KEYS)))).toBeTypeOf("object");
			const details = await refusal(post(body(MAX_KEYS + 1)));
			expect(details).toMatchObject({ status: 400, code: "invalid_request" });
			expect(details.message).toContain(`more than ${MAX_KEYS} keys`);
		});

		it("does not count the colons of texts as keys", async () => {
			const text = 'at 12:30:11 "quoted": '.repeat(MAX_KEYS);
			expect(await readJson(post(JSON.stringify({ text })))).toEqual({ text });
		});
	});
});
