import { expect, it } from "vitest";
import type { Admission } from "#core/key-object/admission";
import type { ClaimRequest } from "#core/key-object/idempotency";
import { LargeBodies } from "#gateway/large-bodies";
import type { SpendCall } from "#http/call";
import { RequestBody } from "#http/request/body";
import { oncePerKey } from "#http/request/idempotent";

/** What the key's object is asked for a request; the handler gets to read its body too. */
async function asked(path: string, key: string, body: string, type = "text/plain"): Promise<ClaimRequest> {
	const { answer, requests } = claimed(path, key, body, { outcome: "ok" }, type);
	expect(await (await answer).text()).toBe(body);
	const [request] = requests;
	if (request === undefined || requests.length !== 1) throw new Error(`asked ${requests.length} times`);
	return request;
}

/**
 * Runs a request of a key of which the object says `admission`; what it is asked to claim comes to stand in `requests`.
 */
function claimed(
	path: string,
	key: string,
	body: string,
	admission: Admission,
	type = "text/plain",
): { answer: Promise<Response>; requests: readonly ClaimRequest[] } {
	const requests: ClaimRequest[] = [];
	const stub = {
		admit: async () => admission,
		claim: async (request: ClaimRequest) => {
			requests.push(request);
			return { outcome: "claimed" };
		},
		endClaim: async () => {},
	};
	const url = new URL(path, "https://gateway");
	const headers = { "idempotency-key": key, "content-type": type };
	const request = new Request(url, { method: "POST", body, headers });
	const bodies = new LargeBodies(Date.now);
	const call = {
		request,
		headers: request.headers,
		body: new RequestBody(request, () => bodies.share()),
		url,
		env: { API_KEYS: { getByName: () => stub } },
		execution: { waitUntil: () => {} },
		identified: { record: { keyId: "key_1", policy: {} }, last4: "x7Qz" },
		requestId: "req_1",
	} as unknown as SpendCall;
	return { answer: oncePerKey(call, async (given) => new Response(new Blob(await given.body.take()))), requests };
}

it("tells requests apart by route and idempotency key, and their bodies to the byte", async () => {
	const first = await asked("/v1/a", "k", "{}");
	expect(await asked("/v1/a", "k", "{}")).toEqual(first);
	expect((await asked("/v1/b", "k", "{}")).id).not.toBe(first.id);
	expect((await asked("/v1/a", "k2", "{}")).id).not.toBe(first.id);
	const spaced = await asked("/v1/a", "k", "{ }");
	expect(spaced.id).toBe(first.id);
	expect(spaced.body).not.toBe(first.body);
});

it("tells the object nothing of the idempotency key or the body but digests", async () => {
	const request = await asked("/v1/a", "secret-key", '{"secret":1}');
	expect(request).toEqual({
		id: expect.stringMatching(/^[0-9a-f]{64}$/),
		body: expect.stringMatching(/^[0-9a-f]{64}$/),
		requestId: "req_1",
	});
});

it.each(["revoked", "rotated", "expired", "unknown"] as const)(
	"claims nothing for a key that is %s",
	async (reason) => {
		const { answer, requests } = claimed("/v1/a", "k", "{}", { outcome: "refused", reason });
		await expect(answer).rejects.toMatchObject({ details: { status: 401, code: "invalid_api_key" } });
		expect(requests).toEqual([]);
	},
);

it("takes a form for the same whatever its boundary, and for another whatever else differs", async () => {
	const digest = async (boundary: string, text: string) => {
		const body = `--${boundary}\r\ncontent-disposition: form-data; name=file; filename=a\r\n\r\n${text}\r\n--${boundary}--`;
		return (await asked("/v1/a", "k", body, `multipart/form-data; boundary=${boundary}`)).body;
	};
	expect(await digest("b1", "1")).toBe(await digest("b2", "1"));
	expect(await digest("b1", "1")).not.toBe(await digest("b1", "2"));
	const cut = async (body: string) => (await asked("/v1/a", "k", body, "multipart/form-data; boundary=b")).body;
	expect(await cut("--b")).not.toBe(await cut("--c"));
});
