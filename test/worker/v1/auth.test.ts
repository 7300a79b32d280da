import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { makeKey } from "#http/auth/key-format";
import { ROUTES } from "#http/route-table";
import { byTurns } from "#test/support/scale";
import { admin, errorOf, issueKey, listModels, read } from "#test/worker/admin/admin-client";
import { ADMIN_TOKEN, send } from "#test/worker/gateway";

const KEYS: Record<string, string> = {};

beforeAll(async () => {
	KEYS.valid = (await issueKey()).key;
	KEYS.expired = (await issueKey({ expires_at: "2020-01-01T00:00:00Z" })).key;
	const revoked = await issueKey();
	await admin("POST", `/keys/${revoked.id}/revoke`);
	KEYS.revoked = revoked.key;
	const rotated = await issueKey();
	await admin("POST", `/keys/${rotated.id}/rotate`, { grace_seconds: 0 });
	KEYS.rotated = rotated.key;
	KEYS.unknown = makeKey(crypto.getRandomValues(new Uint8Array(32)));
	KEYS.mistyped = `${KEYS.valid.slice(0, -1)}${KEYS.valid.endsWith("0") ? "1" : "0"}`;
	KEYS.foreign = `sk-${"x".repeat(40)}`;
	KEYS.demo = "test-key-123";
});

afterEach(() => {
	vi.useRealTimers();
});

const CARRIERS: Record<string, (key: string) => Record<string, string>> = {
	"authorization: Bearer": (key) => ({ authorization: `Bearer ${key}` }),
	"authorization: bearer": (key) => ({ authorization: `bearer   ${key}` }),
	"x-api-key": (key) => ({ "x-api-key": key }),
	"api-key": (key) => ({ "api-key": key }),
	"x-goog-api-key": (key) => ({ "x-goog-api-key": key }),
	"all headers at once": (key) => ({
		authorization: `Bearer ${key}`,
		"x-api-key": key,
		"api-key": key,
		"x-goog-api-key": key,
	}),
	"both headers": (key) => ({ authorization: `Bearer ${key}`, "x-api-key": key }),
	"x-api-key beside basic authorization": (key) => ({ authorization: "Basic dXNlcjpwYXNz", "x-api-key": key }),
};

const REFUSED: Record<string, RegExp> = {
	expired: /has expired/,
	revoked: /has been revoked/,
	rotated: /has been replaced/,
	unknown: /is not known/,
	mistyped: /mistyped/,
	foreign: /of another service/,
};

describe.each(Object.keys(CARRIERS))("a key in %s", (carrier) => {
	const carry = CARRIERS[carrier] ?? (() => ({}));

	test.each(["valid", "demo"])("is let through when it is the %s one", async (state) => {
		expect((await listModels(carry(KEYS[state] ?? ""))).status).toBe(200);
	});

	test.each(Object.keys(REFUSED))("is refused with 401 that says so when it is %s", async (state) => {
		const key = KEYS[state] ?? "";
		const answer = await listModels(carry(key));
		expect(answer.status).toBe(401);
		expect(errorOf(answer)).toMatchObject({ type: "invalid_request_error", code: "invalid_api_key" });
		expect(errorOf(answer).message).toMatch(REFUSED[state] ?? /^$/);
		expect(errorOf(answer).message).toContain(`\`${key.slice(-4)}\``);
		expect(answer.text).not.toContain(key.slice(0, -4));
		expect(answer.headers.get("x-should-retry")).toBe("false");
		expect(answer.headers.get("www-authenticate")).toBe("Bearer");
	});
});

test.each([
	["no credential", {}],
	["an empty bearer token", { authorization: "Bearer " }],
	["an empty x-api-key", { "x-api-key": "" }],
	["another scheme", { authorization: "Basic dXNlcjpwYXNz" }],
])("%s is a 401 that says how to send a key", async (_, headers) => {
	const answer = await listModels(headers);
	expect(answer.status).toBe(401);
	expect(errorOf(answer).message).toContain("no API key was sent");
});

test("two different keys are refused, whichever of them is valid and wherever they stand, in the face's own shape", async () => {
	const carriers = [
		["Authorization", (key: string) => `Bearer ${key}`],
		...["x-api-key", "api-key", "x-goog-api-key"].map((name) => [name, (key: string) => key] as const),
	] as const;
	const pairs = carriers.flatMap((one, at) => carriers.slice(at + 1).map((other) => [one, other] as const));
	for (const [[one, first], [other, second]] of pairs) {
		for (const [left, right] of [
			[KEYS.valid, KEYS.demo],
			[KEYS.demo, KEYS.valid],
			[KEYS.valid, "x"],
		] as const) {
			const answer = await listModels({ [one]: first(left ?? ""), [other]: second(right ?? "") });
			expect(answer.status).toBe(401);
			expect(errorOf(answer).message).toContain(`different keys in \`${one}\` and \`${other}\``);
		}
	}
	const headers = { "x-api-key": KEYS.valid ?? "", "x-goog-api-key": "x", "anthropic-version": "2023-06-01" };
	const told = await send("http://localhost/v1/messages", { method: "POST", headers, body: "{}" });
	expect([told.status, await told.json()]).toMatchObject([
		401,
		{ type: "error", error: { type: "authentication_error", message: expect.stringContaining("different keys") } },
	]);
});

test("a key in the query is none outside of Google's own API", async () => {
	const answer = await read(await send(`http://localhost/v1/models?key=${KEYS.valid}`));
	expect(answer.status).toBe(401);
	expect(errorOf(answer).message).toContain("no API key was sent");
});

test("a short text that is no key is not repeated in the message", async () => {
	const answer = await listModels({ "x-api-key": "hunter2" });
	expect(answer.status).toBe(401);
	expect(answer.text).not.toContain("ter2");
});

describe("every route of the table", () => {
	const NATIVE = "/native/openai/v1/chat/completions";
	const concrete = (path: string) => (path.startsWith("/native/") ? NATIVE : path.replace(/:(\w+)\+?/g, "x"));
	// Who may spend is asked with what it will take, so a request must make sense before its key is judged.
	const sense = JSON.stringify({
		provider: "openai",
		max_tokens: 10,
		messages: [{ role: "user", content: "hi" }],
		input: "hi",
	});
	const recording = new FormData();
	recording.append("model", "openai/whisper-1");
	recording.append("file", new Blob([new Uint8Array(1000)]), "noise.wav");
	const picture = new FormData();
	picture.append("image", new File([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)], "a.png"));
	picture.append("prompt", "a cat");
	picture.append("model", "openai/gpt-image-2");
	const bodies: Record<string, string | FormData> = {
		"/v1/audio/speech": JSON.stringify({ model: "openai/tts-1", input: "hi" }),
		"/v1/audio/transcriptions": recording,
		"/v1/audio/translations": recording,
		"/v1/batches": JSON.stringify({
			input_file_id: "file-0123456789abcdef0123456789abcdef",
			endpoint: "/v1/chat/completions",
			completion_window: "24h",
		}),
		"/v1/videos": JSON.stringify({ model: "gemini/veo-3.1-fast-generate-preview", prompt: "hi", seconds: 4 }),
		"/v1/completions": JSON.stringify({ model: "openai/gpt-6-luna", prompt: "hi" }),
		"/v1/images/edits": picture,
		"/v1/images/variations": picture,
		"/v1/images/generations": JSON.stringify({ model: "openai/gpt-image-2", prompt: "a cat" }),
		"/v1/rerank": JSON.stringify({ model: "BAAI/bge-reranker-v2-m3", query: "hi", documents: ["hello"] }),
		[NATIVE]: JSON.stringify({ model: "gpt-6-luna", messages: [{ role: "user", content: "hi" }] }),
	};
	const bodyOf = (path: string) => bodies[concrete(path)] ?? (path.startsWith("/v1/") ? sense : "{}");
	const call = async (method: string, path: string, headers: Record<string, string>) => {
		const response = await send(`http://localhost${concrete(path)}`, {
			method,
			headers,
			...(method !== "GET" && method !== "DELETE" && { body: bodyOf(path) }),
		});
		const text = await response.text();
		const { status, headers: told } = response;
		// Metrics are plain text, the description is a page too, and speech is sound.
		const body = told.get("content-type")?.startsWith("application/json") ? JSON.parse(text) : {};
		return { status, body, text, headers: told };
	};
	const lines = ROUTES.map(({ method, path, access }, turn) => ({ method, path, access, turn }));
	const protectedLines = lines.filter(({ access }) => access !== "public");

	const carriers = Object.values(CARRIERS);
	const refused = Object.keys(REFUSED).flatMap((state) => carriers.map((carry) => ({ state, carry })));

	test("is either public and harmless, or for a key, or for the admin", () => {
		expect(lines.filter(({ access }) => access === "public").map(({ path }) => path)).toEqual([
			"/",
			"/v1",
			"/healthz",
			"/readyz",
			"/console",
			"/console/*",
			"/openapi.json",
			"/docs",
			// Signs in; what is wrong is refused as a wrong token is.
			"/admin/session",
		]);
		// A dry run and a count call nobody, and vendors bill nothing for a file or the end of a batch: none can spend.
		const looks = ["/v1/route", "/v1/messages/count_tokens", "/v1/responses/input_tokens"];
		looks.push("/v1/files", "/v1/batches/:id/cancel");
		const spends = (method: string, path: string) => method === "POST" && !looks.includes(path);
		for (const { method, path, access } of protectedLines) {
			const isAdmins = path.startsWith("/admin/") || path === "/metrics";
			expect(access, path).toBe(isAdmins ? "admin" : spends(method, path) ? "spend" : "key");
		}
	});

	test.each(protectedLines)("$method $path refuses whoever brings nothing", async ({ method, path }) => {
		expect((await call(method, path, {})).status).toBe(401);
	});

	test.each(protectedLines)("$method $path refuses every key that is not valid", async ({ method, path, turn }) => {
		for (const { state, carry } of byTurns(refused, turn)) {
			expect((await call(method, path, carry(KEYS[state] ?? ""))).status).toBe(401);
		}
	});

	test.each(lines.filter(({ access }) => access === "key" || access === "spend"))(
		"$method $path lets a valid key in, not the admin token",
		async ({ method, path, turn }) => {
			for (const carry of byTurns(carriers, turn)) {
				expect((await call(method, path, carry(KEYS.valid ?? ""))).status).not.toBe(401);
				expect((await call(method, path, carry(ADMIN_TOKEN))).status).toBe(401);
			}
		},
	);

	test.each(lines.filter(({ access }) => access === "admin"))(
		"$method $path lets the admin token in, not a valid key",
		async ({ method, path, turn }) => {
			expect((await call(method, path, { authorization: `Bearer ${ADMIN_TOKEN}` })).status).not.toBe(401);
			for (const carry of byTurns(carriers, turn)) {
				const answer = await call(method, path, carry(KEYS.valid ?? ""));
				expect(answer.status).toBe(401);
				expect(errorOf(answer).code).toBe("invalid_admin_token");
			}
		},
	);
});

test("the admin API says the same to a missing, a wrong and an almost right token", async () => {
	const answers = await Promise.all(
		[
			{},
			{ authorization: "Bearer wrong" },
			{ authorization: `Bearer ${ADMIN_TOKEN}x` },
			{ "x-api-key": ADMIN_TOKEN },
		].map(async (headers: Record<string, string>) => read(await send("http://localhost/admin/teams", { headers }))),
	);
	for (const answer of answers) {
		expect(answer.status).toBe(401);
		expect({ ...errorOf(answer), request_id: "" }).toEqual({ ...errorOf(answers[0] ?? answer), request_id: "" });
	}
});

describe("a key bound to addresses", () => {
	const from = (key: string, address: string | null) =>
		listModels({ "x-api-key": key, ...(address !== null && { "cf-connecting-ip": address }) });

	test("works from them and is refused with 403 from elsewhere", async () => {
		const { key } = await issueKey({ ip_ranges: ["192.0.2.0/24", "2001:db8::/32"] });
		expect((await from(key, "192.0.2.77")).status).toBe(200);
		expect((await from(key, "2001:db8:1::7")).status).toBe(200);
		for (const address of ["192.0.3.1", "2001:db9::1", "not an address", null]) {
			const answer = await from(key, address);
			expect(answer.status).toBe(403);
			expect(errorOf(answer)).toMatchObject({ type: "permission_error", code: "ip_not_allowed" });
			expect(errorOf(answer).message).toContain(key.slice(-4));
		}
	});

	test("is not fooled by a forwarded header", async () => {
		const { key } = await issueKey({ ip_ranges: ["192.0.2.7"] });
		const answer = await listModels({
			"x-api-key": key,
			"cf-connecting-ip": "203.0.113.1",
			"x-forwarded-for": "192.0.2.7",
		});
		expect(answer.status).toBe(403);
	});
});

test("a key expires at its time, not before", async () => {
	const now = Date.now();
	const { key } = await issueKey({ expires_at: new Date(now + 3_600_000).toISOString() });
	expect((await listModels({ "x-api-key": key })).status).toBe(200);
	vi.useFakeTimers({ toFake: ["Date"], now: now + 3_599_999 });
	expect((await listModels({ "x-api-key": key })).status).toBe(200);
	vi.setSystemTime(now + 3_600_000);
	const answer = await listModels({ "x-api-key": key });
	expect(answer.status).toBe(401);
	expect(errorOf(answer).message).toContain("has expired");
});
