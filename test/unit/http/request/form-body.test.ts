import { expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import { LargeBodies } from "#gateway/large-bodies";
import { MAX_LARGE_BODY_BYTES, RequestBody } from "#http/request/body";
import { readForm as readFormOf } from "#http/request/form-body";
import { FormFile, MAX_FIELD_BYTES } from "#lib/form-fields";

function post(body: BodyInit, headers: Record<string, string> = {}): Request {
	return new Request("http://gateway/", { method: "POST", body, headers });
}

function readForm(request: Request): Promise<Record<string, unknown>> {
	const body = new RequestBody(request, () => new LargeBodies(Date.now).share());
	return readFormOf(body, request.headers.get("content-type") ?? "");
}

async function refusal(request: Request): Promise<GatewayError["details"]> {
	try {
		await readForm(request);
	} catch (error) {
		if (error instanceof GatewayError) return error.details;
		throw error;
	}
	throw new Error("was accepted");
}

function formOf(fields: readonly (readonly [string, string | File])[]): FormData {
	const form = new FormData();
	for (const [name, value] of fields) form.append(name, value);
	return form;
}

it("reads texts, files and lists, whichever comes first", async () => {
	const file = new File(["RIFF"], "a.wav", { type: "audio/wav" });
	const fields = await readForm(
		post(
			formOf([
				["file", file],
				["include[]", "logprobs"],
				["image", "1"],
				["image", "2"],
				["__proto__", "x"],
				["model", "whisper-1"],
			]),
		),
	);
	expect(Object.keys(fields)).toEqual(["file", "include", "image", "__proto__", "model"]);
	expect(fields).toMatchObject({ include: ["logprobs"], image: ["1", "2"], model: "whisper-1" });
	const read = fields.file as FormFile;
	expect(read).toBeInstanceOf(FormFile);
	expect(new TextDecoder().decode(read.bytes)).toBe("RIFF");
	expect(JSON.parse(JSON.stringify(read))).toEqual({ name: "a.wav", type: "audio/wav", size: 4 });
});

it("takes the largest file that OpenAI takes of audio, and no body beyond the limit", async () => {
	const size = 25 * 1024 * 1024;
	const large = formOf([["file", new File([new Uint8Array(size)], "a.wav")]]);
	expect((await readForm(post(large))).file).toMatchObject({ size });
	const headers = {
		"content-type": "multipart/form-data; boundary=b",
		"content-length": String(MAX_LARGE_BODY_BYTES + 1),
	};
	expect(await refusal(post("--b--", headers))).toMatchObject({ status: 413, code: "request_too_large" });
});

it.each([
	["no form", post("{}", { "content-type": "application/json" }), "must be a form", undefined],
	["no boundary", post("", { "content-type": "multipart/form-data" }), "has no boundary", undefined],
	["a cut body", post("--b", { "content-type": "multipart/form-data; boundary=b" }), "is cut off", undefined],
	["a long text", post(formOf([["prompt", "x".repeat(MAX_FIELD_BYTES + 1)]])), "more than 128 KiB", "prompt"],
])("refuses %s", async (_, request, words, param) => {
	const details = await refusal(request);
	expect(details).toMatchObject({ status: 400, code: "invalid_request", param });
	expect(details.message).toContain(words);
});
