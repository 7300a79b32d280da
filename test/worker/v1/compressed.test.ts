import { deflateSync, gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { DEMO_KEY, failure, send, user } from "#test/worker/gateway";

const BODY = JSON.stringify({ model: "openai/gpt-6-luna", messages: user("Hi"), max_tokens: 20 });

function post(encoding: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
	return send("http://gateway/v1/chat/completions", {
		method: "POST",
		headers: { authorization: `Bearer ${DEMO_KEY}`, "content-encoding": encoding, ...headers },
		body,
	});
}

it.each([
	["gzip", gzipSync],
	["deflate", deflateSync],
] as const)("serves a request whose body is %s", async (encoding, compress) => {
	const response = await post(encoding, compress(BODY));
	expect(response.status).toBe(200);
	await response.text();
	// Its body is read twice.
	const once = await post(encoding, compress(BODY), { "idempotency-key": `compressed-${encoding}` });
	expect(once.status).toBe(200);
	await once.text();
});

it("refuses what becomes too large, what does not decode, and other encodings", async () => {
	const bomb = gzipSync(Buffer.alloc(29 * 1024 * 1024, " "));
	expect(await failure(post("gzip", bomb))).toMatchObject({ status: 413, error: { code: "request_too_large" } });
	expect(await failure(post("gzip", BODY))).toMatchObject({ status: 400, error: { code: "invalid_request" } });
	const other = await failure(post("br", BODY));
	expect(other).toMatchObject({ status: 415, error: { code: "unsupported_encoding" } });
	expect(other.headers.get("accept-encoding")).toBe("gzip, deflate");
});
