import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import type { ProviderAdapter } from "#providers/adapter";
import { openaiCompatible } from "#providers/openai-chat/index";
import { provider, upstreamRequestTo } from "#test/support/upstream-request";

const acme = provider(() => Promise.reject(new Error("not sent")));

describe("encodeFor", () => {
	it("encodes a request by the codec that the provider has for its operation", () => {
		const upstream = upstreamRequestTo(acme);
		expect(upstream.codec).toBe(openaiCompatible.chat);
		expect(upstream.call.path).toBe("/chat/completions");
	});

	it("refuses a provider that does not offer the operation, naming both", () => {
		const { chat: _, ...adapter }: ProviderAdapter = openaiCompatible;
		const encode = () => upstreamRequestTo({ ...acme, adapter });
		expect(encode).toThrow(GatewayError);
		expect(encode).toThrow("`acme` does not offer chat");
	});
});
