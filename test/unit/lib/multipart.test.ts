import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	boundaryOf,
	type FormPart,
	MAX_FIELD_NAME_BYTES,
	MAX_FILE_NAME_BYTES,
	MAX_PART_HEADERS_BYTES,
	MAX_PARTS,
	MultipartError,
	readMultipart,
	writeMultipart,
} from "#lib/multipart";
import { cases } from "#test/support/scale";

const encoder = new TextEncoder();

function joined(pieces: readonly Uint8Array[]): Uint8Array {
	return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

/** Parts as they can be compared: without regard to which array their bytes are in. */
function plain(parts: readonly FormPart[]) {
	return parts.map(({ bytes, ...part }) => ({ ...part, bytes: [...bytes] }));
}

function read(text: string, boundary = "b"): { name: string; text: string }[] {
	const parts = readMultipart(encoder.encode(text), boundary);
	return parts.map(({ bytes, ...part }) => ({ ...part, text: new TextDecoder().decode(bytes) }));
}

function refusal(work: () => unknown): MultipartError {
	try {
		work();
	} catch (error) {
		if (error instanceof MultipartError) return error;
		throw error;
	}
	throw new Error("was accepted");
}

const field = (name: string, text: string) =>
	`--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;

const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=?";
const boundaries = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 70 });
/** What no writer can tell from an escape, and what no name may hold, is left out. */
const names = fc
	.string({
		unit: fc.oneof(fc.constantFrom('"', "\\", ";", "=", "ü", "字", " "), fc.string({ minLength: 1, maxLength: 1 })),
	})
	.filter((name) => name.length > 0 && name.length < 60 && !/[%\p{Cc}]/u.test(name));
/** Bytes that look like the ends of lines, and like the boundary itself. */
const contents = (boundary: string) =>
	fc
		.array(
			fc.oneof(
				fc.uint8Array({ maxLength: 20 }),
				fc
					.constantFrom("\r\n", "\r", "--", `--${boundary.slice(0, -1)}`, `\r\n--${boundary}x`)
					.map((text) => encoder.encode(text)),
			),
			{ maxLength: 12 },
		)
		.map(joined)
		.filter(
			(bytes) =>
				!new RegExp(`\r\n--${boundary.replace(/[.?+()]/g, "\\$&")}(?:--)?[ \t]*\r\n`).test(
					`\r\n${Buffer.from(bytes).toString("latin1")}\r\n`,
				),
		);
const forms = boundaries.chain((boundary) =>
	fc.record({
		boundary: fc.constant(boundary),
		parts: fc.array(
			fc.record(
				{
					name: names,
					fileName: names,
					type: fc.constantFrom("audio/wav", "text/plain; charset=utf-8", "application/octet-stream"),
					bytes: contents(boundary),
				},
				{ requiredKeys: ["name", "bytes"] },
			),
			{ maxLength: 5 },
		),
	}),
);

describe("a form", () => {
	it("is read as it was written, whatever its files hold", () => {
		fc.assert(
			fc.property(forms, ({ boundary, parts }) => {
				const { pieces, length, contentType } = writeMultipart(parts, boundary);
				const body = joined(pieces);
				expect(body.byteLength).toBe(length);
				expect(boundaryOf(contentType)).toBe(boundary);
				expect(plain(readMultipart(body, boundary))).toEqual(plain(parts));
			}),
			{ numRuns: cases(400) },
		);
	});

	it("is read as the platform writes it, and the platform reads what is written here", async () => {
		const form = new FormData();
		form.append("file", new File(['a "b"\r\n--'], 'na"ïve.wav', { type: "audio/wav" }));
		form.append("timestamp_granularities[]", "word");
		form.append("model", "whisper-1");
		const request = new Request("http://gateway/", { method: "POST", body: form });
		const boundary = boundaryOf(request.headers.get("content-type") ?? "");
		const parts = readMultipart(new Uint8Array(await request.arrayBuffer()), boundary);
		expect(parts.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)])).toEqual([
			["file", 'a "b"\r\n--'],
			["timestamp_granularities[]", "word"],
			["model", "whisper-1"],
		]);
		const { pieces, contentType } = writeMultipart(parts, "0123456789abcdef");
		const back = await new Response(joined(pieces), { headers: { "content-type": contentType } }).formData();
		const file = back.get("file");
		expect(file).toMatchObject({ name: 'na"ïve.wav', type: "audio/wav" });
		expect(await (file as File).text()).toBe('a "b"\r\n--');
		expect(back.get("model")).toBe("whisper-1");
	});

	it("shares the memory of its body, and writes its files as they are", () => {
		const body = encoder.encode(`${field("a", "12345")}--b--`);
		const [part] = readMultipart(body, "b");
		expect(part?.bytes.buffer).toBe(body.buffer);
		const bytes = new Uint8Array(5);
		expect(writeMultipart([{ name: "file", fileName: "x.wav", bytes }], "b").pieces).toContain(bytes);
	});

	it("may have a preamble, an epilogue, white space behind its boundaries, and no fields", () => {
		expect(read(`hello\r\n${field("a", "1").replace("--b\r\n", "--b \t\r\n")}--b-- \r\nbye\r\n--b\r\n`)).toEqual([
			{ name: "a", text: "1" },
		]);
		expect(read("--b--")).toEqual([]);
		expect(read(`${field("a", " --b\r\n--bc")}${field("b", "")}--b--\r\n`)).toEqual([
			{ name: "a", text: " --b\r\n--bc" },
			{ name: "b", text: "" },
		]);
	});

	it("takes names as clients write them: tokens, backslashes, escapes, and RFC 5987", () => {
		const head = (disposition: string) => `--b\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n1\r\n--b--`;
		const [token] = read(head("name=model"));
		expect(token).toEqual({ name: "model", text: "1" });
		expect(read(head(String.raw`name="fi\"le"; filename="a%22b.wav"`))[0]).toMatchObject({
			name: 'fi"le',
			fileName: 'a"b.wav',
		});
		expect(read(head("name=file; filename*=UTF-8''na%C3%AFve.wav"))[0]).toMatchObject({ fileName: "naïve.wav" });
		expect(read(head("name=file; filename=\"x.wav\"; filename*=UTF-8''y.wav"))[0]).toMatchObject({ fileName: "x.wav" });
	});

	it.each([
		["--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1", "is cut off"],
		["", "is cut off"],
		["--c\r\n\r\n--c--", "another boundary"],
		["--b\r\nContent-Disposition: form-data; name=a", "is cut off in a field's headers"],
		[`--b\r\nX: ${"x".repeat(MAX_PART_HEADERS_BYTES)}\r\n\r\n\r\n--b--`, "too long"],
		["--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--b--", "content-disposition"],
		["--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--", "content-disposition"],
		["--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--", "without a name"],
		['--b\r\nContent-Disposition: form-data; name=""\r\n\r\n1\r\n--b--', "without a name"],
		["--b\r\nnonsense\r\n\r\n1\r\n--b--", "a line among its headers"],
		[`${field("x".repeat(MAX_FIELD_NAME_BYTES + 1), "1")}--b--`, "256 bytes"],
		[`${field("a%0Ab", "1")}--b--`, "control characters"],
		["--b\nContent-Disposition: form-data; name=a\n\n1\n--b--", "another boundary"],
		[`${field("a", "1").repeat(MAX_PARTS + 1)}--b--`, "more than 128 fields"],
	])("is refused as %j: it %s", (text, words) => {
		expect(refusal(() => read(text)).message).toContain(words);
	});

	it.each([
		[`filename="${"x".repeat(MAX_FILE_NAME_BYTES + 1)}"`, "1024 bytes"],
		["filename*=UTF-8''%FF", "not UTF-8"],
		["filename*=UTF-8''%0A", "control characters"],
		["filename=a\r\nContent-Transfer-Encoding: base64", "content-transfer-encoding"],
		["filename=a\r\nContent-Type: audio/\x07wav", "content-type"],
	])("names the field that has %j", (more, words) => {
		const text = `--b\r\nContent-Disposition: form-data; name=file; ${more}\r\n\r\n1\r\n--b--`;
		const error = refusal(() => read(text));
		expect(error.message).toContain(words);
		expect(error.field).toBe("file");
	});

	it("is refused for a name that is not UTF-8", () => {
		const body = Buffer.from('--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n1\r\n--b--', "latin1");
		expect(refusal(() => readMultipart(body, "b")).message).toContain("not UTF-8");
	});

	it("fails with an error of its own, or not at all, on any bytes", () => {
		const pieces = fc.constantFrom(
			"--b",
			"--",
			"\r\n",
			"\r\n\r\n",
			"Content-Disposition: form-data; ",
			"name=a",
			'"',
			";",
			"x",
		);
		fc.assert(
			fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 30 }), (texts) => {
				try {
					for (const { name } of read(texts.join(""))) expect(name).not.toBe("");
				} catch (error) {
					expect(error).toBeInstanceOf(MultipartError);
				}
			}),
			{ numRuns: cases(600) },
		);
	});

	it("is written with no name that would break it", () => {
		const bytes = new Uint8Array();
		expect(() => writeMultipart([], "b\r\nx")).toThrow(RangeError);
		expect(() => writeMultipart([{ name: "a\r\nb", bytes }], "b")).toThrow(RangeError);
		expect(() => writeMultipart([{ name: "a", type: "a\r\nb", bytes }], "b")).toThrow(RangeError);
	});
});

describe("a boundary", () => {
	it.each([
		["multipart/form-data; boundary=----formdata-undici-0123456789", "----formdata-undici-0123456789"],
		['multipart/form-data; charset=utf-8; Boundary="a b:c"', "a b:c"],
		["multipart/form-data;boundary=x", "x"],
	])("is read from %j", (type, boundary) => {
		expect(boundaryOf(type)).toBe(boundary);
	});

	it.each([
		["multipart/form-data", "no boundary"],
		["multipart/form-data; boundary=", "no boundary"],
		['multipart/form-data; boundary=""', "not allowed"],
		['multipart/form-data; boundary="a "', "not allowed"],
		['multipart/form-data; boundary="a\u0000b"', "not allowed"],
		[`multipart/form-data; boundary=${"x".repeat(71)}`, "not allowed"],
		[`multipart/form-data; boundary=${"x".repeat(300)}`, "too long"],
	])("is refused in %j: it has %s", (type, words) => {
		expect(refusal(() => boundaryOf(type)).message).toContain(words);
	});
});
