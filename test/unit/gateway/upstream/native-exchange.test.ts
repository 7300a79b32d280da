import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import { UpstreamError } from "#core/fault";
import { Deadline } from "#gateway/attempts/time-limits";
import { billOf } from "#gateway/upstream/bill";
import { chargeFor } from "#gateway/upstream/charge";
import { UpstreamExchange } from "#gateway/upstream/exchange";
import { boundCall, encodeFor, type UpstreamRequest } from "#gateway/upstream/upstream-request";
import type { JsonObject } from "#lib/json";
import { boundOf } from "#metering/bound";
import { native } from "#operations/native/index";
import type { NativeAnswer } from "#operations/native/request";
import type { ProviderAdapter } from "#providers/adapter";
import type { ProviderCredential } from "#providers/provider";
import { openai } from "#providers/vendors/openai";
import { model, provider } from "#test/support/upstream-request";

const CEILING = 50_000;

function upstream(
	path: string,
	body: JsonObject,
	send: ProviderCredential["send"],
	more: object = {},
): UpstreamRequest {
	const adapter: ProviderAdapter = openai;
	const endpoint = adapter.native?.api.endpoints.find((one) => one.path === path);
	const to = { ...provider(send), adapter };
	const [credential] = to.credentials;
	if (endpoint === undefined || credential === undefined) throw new Error("no such endpoint");
	const request = { stream: false, endpoint, body, headers: {} };
	const caller = new AbortController().signal;
	const on = { provider: to, credential, model, caller, vendorTools: [], receivedAt: 0, relayTo: null };
	return encodeFor({ operation: native, request, ...on, ...more });
}

const chat = (send: ProviderCredential["send"]) =>
	upstream("/chat/completions", { messages: [{ role: "user", content: "hi" }] }, send);
const drawing = (more: object, body: JsonObject = { prompt: "a cat" }) =>
	upstream("/images/generations", body, async () => new Response("x"), more);
const patience = (to: UpstreamRequest) =>
	new Deadline(Date.now(), { totalMs: null, beginMs: null, ttftMs: null }, null).allow(to, true, Date.now());
const asked = (to: UpstreamRequest) => new UpstreamExchange(to, patience(to), Date.now).whole();
const failed = (to: UpstreamRequest) =>
	asked(to).then(
		() => null,
		(error: unknown) => error as UpstreamError,
	);
const held = (to: UpstreamRequest) => boundOf(boundCall(to), to.model, 0)?.amount;

describe("an answer of a vendor's own API", () => {
	it("is read as it came, headers and status too", async () => {
		const text = '{"choices": [] ,"usage":{"prompt_tokens":3,"completion_tokens":1}}';
		const headers = { "content-type": "application/json", "openai-version": "2020-10-01" };
		const to = chat(async () => new Response(text, { status: 201, headers }));
		const { reply, usage } = (await asked(to)) as NativeAnswer;
		expect([reply.status, reply.headers.get("openai-version"), new TextDecoder().decode(reply.bytes)]).toEqual([
			201,
			"2020-10-01",
			text,
		]);
		expect(usage).toMatchObject({ uncachedInput: 3, output: 1 });
	});

	it("is kept with a refusal as it came, but for the credential that it quotes", async () => {
		const body = { error: { message: "you sent a-secret", code: "invalid_value" } };
		const error = await failed(chat(async () => Response.json(body, { status: 422 })));
		expect(error).toBeInstanceOf(UpstreamError);
		expect(error?.reply).toEqual({
			status: 422,
			contentType: "application/json",
			body: JSON.stringify(body).replace("a-secret", "[credential]"),
		});
		expect(error?.fault.unbilled).toBe(true);
	});

	it.each([401, 402, 403])("has no refusal of the gateway's account in it: %i", async (status) => {
		const error = await failed(chat(async () => Response.json({ error: { message: "no" } }, { status })));
		expect([error instanceof UpstreamError, error?.reply]).toEqual([true, null]);
	});

	it("leads to no other origin", async () => {
		const error = await failed(chat(async () => Response.redirect("https://evil.example/", 307)));
		expect([error?.fault.kind, error?.reply]).toEqual(["malformed", null]);
	});
});

describe("a call whose cost nothing tells", () => {
	it("is refused without a ceiling, and held and charged at it for each answer, whatever its model costs", () => {
		expect(() => drawing({})).toThrow(GatewayError);
		expect(held(drawing({ nativeCeiling: CEILING }))).toBe(CEILING);
		const to = drawing({ nativeCeiling: CEILING });
		const request = { ...to.request, n: 3 };
		const three = encodeFor({ ...to, request });
		expect(held(three)).toBe(3 * CEILING);
		const bill = billOf(three, { usage: null, tier: undefined, text: "", unseenMs: 60_000 });
		expect(bill.cost).toBe(3 * CEILING);
		const hold = { attemptId: "a", token: null };
		const cut = chargeFor(three, hold, { how: "failed", cause: null, silentMs: 60_000 });
		expect(cut.ended).toMatchObject({ actual: 3 * CEILING, estimated: true, void: false });
	});

	it("is none that only counts", () => {
		const to = upstream("/responses/input_tokens", { input: "hi" }, async () => new Response("{}"));
		expect(held(to)).toBe(0);
	});
});

describe("what a call is held for", () => {
	const body = (more: JsonObject) =>
		upstream("/chat/completions", { messages: [], max_tokens: 10, ...more }, async () => new Response());

	it("is the whole context where media hide in it", () => {
		const plain = held(body({})) ?? 0;
		const hidden = held(body({ messages: [{ role: "user", content: [{ type: "hologram" }] }] })) ?? 0;
		// A nano-dollar for each of at least a million tokens.
		expect(hidden - plain).toBeGreaterThan(1_000_000);
	});

	it("counts no limit that the caller did not set", () => {
		const limited = upstream("/chat/completions", { messages: [] }, async () => new Response());
		expect(boundCall(limited).outputLimit).toBeNull();
		expect(
			boundCall(encodeFor({ ...limited, request: native.withOutputLimit(limited.request as never, 5) })),
		).toMatchObject({
			outputLimit: 5,
			body: { max_completion_tokens: 5 },
		});
	});
});
