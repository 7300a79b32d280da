import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiKeyObject } from "#durable-objects/api-key/object";
import type { Env } from "#env";
import { isInference, normalPath } from "#http/paths";
import { ROUTES } from "#http/route-table";
import { isolate } from "#simulator/isolate";
import { picture } from "#simulator/model/picture";
import { admin, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { failure, send, user } from "#test/worker/gateway";

const bindings = env as unknown as Env;

/** A good request of each paid route, whole and streamed where it streams. A new paid route needs one. */
const REQUESTS: Record<string, object[]> = {
	"POST /v1/audio/speech": [{ model: "openai/tts-1", input: "Hi" }],
	"POST /v1/audio/transcriptions": [recording()],
	"POST /v1/audio/translations": [recording()],
	"POST /v1/chat/completions": [false, true].map((stream) => ({
		model: "openai/gpt-6-luna",
		messages: user("Hi"),
		stream,
	})),
	"POST /v1/completions": [false, true].map((stream) => ({ model: "openai/gpt-6-luna", prompt: "Hi", stream })),
	"POST /v1/messages": [false, true].map((stream) => ({
		model: "openai/gpt-6-luna",
		max_tokens: 100,
		messages: user("Hi"),
		stream,
	})),
	"POST /v1/responses": [false, true].map((stream) => ({ model: "openai/gpt-6-luna", input: "Hi", stream })),
	"POST /v1/responses/compact": [{ model: "openai/gpt-6-luna", input: "Hi" }],
	"POST /v1/images/edits": [false, true].map((stream) => pictureForm({ prompt: "Hi", quality: "low", stream })),
	"POST /v1/images/generations": [{ model: "openai/gpt-image-2", prompt: "Hi", quality: "low" }],
	"POST /v1/images/variations": [pictureForm({ model: "painting/painter" })],
	"POST /native/:provider/:path+": [false, true].map((stream) => ({
		model: "gpt-6-luna",
		messages: user("Hi"),
		stream,
	})),
	"POST /v1/moderations": [{ model: "openai/omni-moderation-latest", input: "Hi ".repeat(50) }],
	"POST /v1/rerank": [
		{ model: "siliconflow/BAAI/bge-reranker-v2-m3", query: "Hi", documents: Array.from({ length: 40 }, () => "Hi ") },
	],
	"POST /v1/videos": [{ model: "gemini/veo-3.1-fast-generate-preview", prompt: "Hi", seconds: 4 }],
	// Its file is uploaded below.
	"POST /v1/batches": [],
	"POST /v1/embeddings": [{ model: "openai/text-embedding-3-small", input: "Hi ".repeat(50) }],
};

/** Of the inference API: takes away what the gateway keeps, or a vendor for it. */
const REMOVES = ["DELETE /v1/responses/:id", "DELETE /v1/files/:id", "DELETE /v1/videos/:id"];
/** Reaches a vendor, which bills nothing for it. */
const KEEPS = ["POST /v1/files", "POST /v1/batches/:id/cancel"];

/** Routes of the inference API that take a request and only look at it. Below, they are asked and reach nobody. */
const LOOKS: Record<string, object> = {
	"POST /v1/messages/count_tokens": { model: "openai/gpt-6-luna", messages: user("Hi") },
	"POST /v1/responses/input_tokens": { model: "openai/gpt-6-luna", input: "Hi" },
	"POST /v1/route": { model: "openai/gpt-6-luna", messages: user("Hi") },
};

/** A path of each paid route that has parameters. */
const PATHS: Record<string, string> = { "/native/:provider/:path+": "/native/openai/v1/chat/completions" };

const named = ROUTES.map((route) => ({ ...route, name: `${route.method} ${route.path}` }));
const paid = named.filter(({ access }) => access === "spend");

/** The file that each key has for a batch. */
const files = new Map<IssuedKey, string>();
let rich: IssuedKey;
let poor: IssuedKey;

beforeAll(async () => {
	rich = await issueKey({ budgets: [{ limit_usd: "10.00", window: "total" }] });
	poor = await issueKey({ budgets: [{ limit_usd: "0.000001", window: "total" }] });
	// Moderations are free, and are asked for a price here, so that a budget can be used up by one.
	for (const key of [rich, poor]) {
		const form = new FormData();
		const body = { model: "gpt-6-luna", max_completion_tokens: 100, messages: user("Hi") };
		const line = JSON.stringify({ custom_id: "1", method: "POST", url: "/v1/chat/completions", body });
		form.append("purpose", "batch");
		form.append("file", new File([line], "lines.jsonl"));
		const headers = { authorization: `Bearer ${key.key}` };
		const uploaded = await send("http://gateway/v1/files", { method: "POST", headers, body: form });
		files.set(key, (await uploaded.json<{ id: string }>()).id);
	}
	REQUESTS["POST /v1/batches"]?.push({ endpoint: "/v1/chat/completions", completion_window: "24h" });
	const priced = await admin("PATCH", "/models/openai/omni-moderation-latest", { prices: [{ input: 1, output: 0 }] });
	expect(priced.status).toBe(200);
	// No vendor that comes with the gateway makes variations of pictures.
	const painter = { id: "painter", input: ["text", "image"], output: ["image"], prices: [{ input: 1, output: 1 }] };
	const server = { name: "painting", base_url: "https://painting.example/v1", credential: "sk-own", models: [painter] };
	expect([201, 409]).toContain((await admin("POST", "/providers", server)).status);
});
beforeEach(async () => {
	isolate.renew();
	const { SIMULATOR: simulator } = env as unknown as { SIMULATOR: Fetcher };
	vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) =>
		simulator.fetch(`https://simulator/painting${new URL(String(input)).pathname}`, init),
	);
	await send("http://gateway/_simulator/billing", { method: "DELETE" });
});
afterEach(() => {
	vi.restoreAllMocks();
});

function call(path: string, method: string, issued: IssuedKey, request: object): Promise<Response> {
	const { key } = issued;
	const body = path === "/v1/batches" ? { input_file_id: files.get(issued), ...request } : request;
	return send(`http://gateway${PATHS[path] ?? path}`, {
		method,
		headers: { authorization: `Bearer ${key}` },
		body: body instanceof FormData ? body : JSON.stringify(body),
	});
}

function recording(): FormData {
	const form = new FormData();
	form.append("model", "openai/whisper-1");
	form.append("file", new Blob([new Uint8Array(1000)]), "noise.wav");
	return form;
}

function pictureForm(fields: Record<string, unknown>): FormData {
	const form = new FormData();
	form.append("image", new File([picture("png", 8, 8, "")], "source.png"));
	for (const [name, value] of Object.entries({ model: "openai/gpt-image-2", ...fields })) form.append(name, `${value}`);
	return form;
}

/** Requests that reached a simulated vendor, billed or not. */
async function arrived(): Promise<number> {
	const answer = await send("http://gateway/_simulator/billing");
	const { requests, unbilled } = await answer.json<{ requests: number; unbilled: number }>();
	return requests + unbilled;
}

test("every route is written in the normal form of its path, in which it is looked up", () => {
	for (const { path } of named) expect(normalPath(path)).toBe(path);
});

test("whatever may reach a provider is a paid route: all of the inference API but reading", () => {
	const unpaid = named.filter(
		({ name, path, method, access }) =>
			isInference(path) &&
			method !== "GET" &&
			access !== "spend" &&
			!Object.hasOwn(LOOKS, name) &&
			![...REMOVES, ...KEEPS].includes(name),
	);
	expect(unpaid.map(({ name }) => name)).toEqual([]);
	expect(paid.length).toBeGreaterThan(0);
});

test("the API describes every route of it, to machines and to people, whose page lets nothing else in", async () => {
	const described = await send("http://gateway/openapi.json");
	const document = await described.json<{ openapi: string; paths: Record<string, object> }>();
	expect(document.openapi).toBe("3.1.0");
	const operations = Object.values(document.paths).flatMap((methods) => Object.keys(methods));
	expect(operations).toHaveLength(ROUTES.length);
	const page = await send("http://gateway/docs");
	expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
	expect(page.headers.get("content-security-policy")).toMatch(
		/^default-src 'none'; style-src 'sha256-[^']+'; base-uri/,
	);
	expect(await page.text()).toContain("/v1/chat/completions");
});

test("every paid route is walked here", () => {
	expect(Object.keys(REQUESTS).sort()).toEqual(paid.map(({ name }) => name).sort());
});

describe.each(paid)("$name", ({ name, path, method }) => {
	const bodies = REQUESTS[name] ?? [];

	test("reserves once, and then reaches the provider", async () => {
		const reserve = vi.spyOn(ApiKeyObject.prototype, "reserve");
		for (const body of bodies) {
			reserve.mockClear();
			const before = await arrived();
			const answer = await call(path, method, rich, body);
			expect(answer.status).toBe(200);
			await answer.text();
			expect(reserve).toHaveBeenCalledOnce();
			expect(await arrived()).toBe(before + 1);
		}
	});

	test("is 402 for a key whose budget is used up, and nothing is sent", async () => {
		for (const body of bodies) {
			const { status, error, headers } = await failure(call(path, method, poor, body));
			expect({ status, code: error.code }).toEqual({ status: 402, code: "insufficient_quota" });
			expect(headers.get("x-should-retry")).toBe("false");
		}
		expect(await arrived()).toBe(0);
	});

	test("is 503 when the ledger cannot answer, and nothing is sent", async () => {
		vi.spyOn(ApiKeyObject.prototype, "reserve").mockRejectedValue(new Error("the disk is full"));
		for (const body of bodies) {
			const { status, error } = await failure(call(path, method, rich, body));
			expect({ status, code: error.code }).toEqual({ status: 503, code: "ledger_unavailable" });
		}
		expect(await arrived()).toBe(0);
	});

	test("is 503 when the key's object cannot be reached, and nothing is sent", async () => {
		vi.spyOn(bindings.API_KEYS, "getByName").mockImplementation(() => {
			throw new Error("unreachable");
		});
		for (const body of bodies) expect((await failure(call(path, method, rich, body))).status).toBe(503);
		expect(await arrived()).toBe(0);
	});
});

test("an unpaid route reaches no provider", async () => {
	for (const { name, method, path, access } of named) {
		if (access === "spend" || !isInference(path)) continue;
		const answer = await send(`http://gateway${path.replace(/:\w+/g, "openai/gpt-6-luna")}`, {
			method,
			headers: { authorization: `Bearer ${rich.key}` },
			...(LOOKS[name] !== undefined && { body: JSON.stringify(LOOKS[name]) }),
		});
		if (LOOKS[name] !== undefined) expect(answer.status, name).toBe(200);
		await answer.text();
	}
	expect(await arrived()).toBe(0);
});
