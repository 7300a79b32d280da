import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { versionedBaseUrl } from "#providers/transport/base-url";
import { type Credential, CredentialOriginError, upstreamFetch } from "#providers/transport/egress";

describe("versionedBaseUrl", () => {
	it.each([
		["https://api.openai.com/v1", "v1", "https://api.openai.com/v1"],
		["https://api.openai.com/v1/", "v1", "https://api.openai.com/v1"],
		["https://api.openai.com", "v1", "https://api.openai.com/v1"],
		["https://api.anthropic.com/v1/messages", "v1", "https://api.anthropic.com/v1"],
		["https://api.openai.com/v1/chat/completions", "v1", "https://api.openai.com/v1"],
		["https://generativelanguage.googleapis.com", "v1beta", "https://generativelanguage.googleapis.com/v1beta"],
		["https://generativelanguage.googleapis.com/v1beta/", "v1beta", "https://generativelanguage.googleapis.com/v1beta"],
		["https://openrouter.ai/api/v1", "v1", "https://openrouter.ai/api/v1"],
		["https://openrouter.ai/api", "v1", "https://openrouter.ai/api/v1"],
		["https://open.bigmodel.cn/api/paas/v4", "v1", "https://open.bigmodel.cn/api/paas/v4"],
		["http://127.0.0.1:9/v1?x=1#y", "v1", "http://127.0.0.1:9/v1"],
	])("%s with %s is %s", (base, version, expected) => {
		expect(versionedBaseUrl(base, version)).toBe(expected);
	});
});

interface Sent {
	url: string;
	init: RequestInit;
}

function network() {
	const sent: Sent[] = [];
	const via = {
		fetch: (async (url: string, init: RequestInit) => {
			sent.push({ url, init });
			return new Response("{}");
		}) as typeof fetch,
	};
	return { sent, via };
}

const signal = new AbortController().signal;
const credential: Credential = { origin: "https://api.acme.example", header: "authorization", secret: "s3cret" };

describe("upstreamFetch", () => {
	it("carries the credential in its header to its own origin, and follows no redirect", async () => {
		const { sent, via } = network();
		await upstreamFetch({ url: "https://api.acme.example/v1/x", body: "{}", headers: {}, signal }, credential, via);
		const [call] = sent;
		expect(new Headers(call?.init.headers).get("authorization")).toBe("Bearer s3cret");
		expect(call?.init.redirect).toBe("manual");
		expect(call?.init.method).toBe("POST");
	});

	it("looks up without a body, with the credential, and follows no redirect either", async () => {
		const { sent, via } = network();
		await upstreamFetch(
			{ url: "https://api.acme.example/v1/models", body: null, headers: {}, signal },
			credential,
			via,
		);
		const { method, body, redirect, headers } = sent[0]?.init ?? {};
		expect({ method, body, redirect }).toEqual({ method: "GET", body: undefined, redirect: "manual" });
		expect(new Headers(headers).get("content-type")).toBeNull();
		expect(new Headers(headers).get("authorization")).toBe("Bearer s3cret");
	});

	it.each(["x-api-key", "x-goog-api-key", "api-key"] as const)("carries it bare in %s", async (header) => {
		const { sent, via } = network();
		await upstreamFetch(
			{ url: "https://api.acme.example/v1", body: "{}", headers: {}, signal },
			{ ...credential, header },
			via,
		);
		expect(new Headers(sent[0]?.init.headers).get(header)).toBe("s3cret");
	});

	it.each([
		"https://api.acme.example.evil.example/v1",
		"https://api.acme.example@evil.example/v1",
		"https://api.acme.example:8443/v1",
		"http://api.acme.example/v1",
		"https://evil.example/https://api.acme.example",
		"https://API.ACME.EXAMPLE.evil.example/v1",
		"https://xn--api.acme.example/v1",
		"https://127.0.0.1/v1",
		"https://[::1]/v1",
	])("never sends the credential, nor anything, to %s", (url) => {
		const { sent, via } = network();
		expect(() => upstreamFetch({ url, body: "{}", headers: {}, signal }, credential, via)).toThrow(
			CredentialOriginError,
		);
		expect(sent).toEqual([]);
	});

	it("sends no request at all to any other generated address", () => {
		fc.assert(
			fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
				const { sent, via } = network();
				expect(() => upstreamFetch({ url, body: "{}", headers: {}, signal }, credential, via)).toThrow();
				expect(sent).toEqual([]);
			}),
		);
	});
});
