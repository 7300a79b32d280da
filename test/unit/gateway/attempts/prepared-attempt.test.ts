import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import { GatewayError } from "#core/errors";
import { atCeiling, prepareAttempt, withinHold } from "#gateway/attempts/prepared-attempt";
import { type Hold, SpendRefused } from "#gateway/spending/reservation";
import { boundCall } from "#gateway/upstream/upstream-request";
import { boundOf } from "#metering/bound";
import { chat } from "#operations/chat/index";
import { ONLY_CREDENTIAL, type Provider } from "#providers/provider";
import { budgetWith } from "#test/support/failover-run";
import { ADAPTERS, MODELS } from "#test/unit/simulator/exchange";

const RECEIVED = Date.parse("2026-11-24T15:00:00Z");
const TOOLS: ChatRequest["tools"] = [{ type: "function", function: { name: "look" } }];

function modelAt(provider: string, id: string): Model {
	const model = MODELS.find((one) => one.provider === provider && one.id === id);
	if (model === undefined) throw new Error(`no model ${provider}/${id}`);
	return model;
}

function prepared(model: Model, change: Partial<ChatRequest> = {}) {
	const adapter = ADAPTERS[model.provider];
	if (adapter === undefined) throw new Error(`no adapter for ${model.provider}`);
	const send = () => Promise.reject(new Error("not sent"));
	const provider: Provider = {
		name: model.provider,
		models: [model],
		defaultModel: model.id,
		adapter,
		simulated: false,
		credentials: [
			{
				id: ONLY_CREDENTIAL,
				weight: 1,
				send,
				look: send,
				file: () => Promise.reject(new Error("no file is asked for")),
				conceal: (text) => text,
			},
		],
	};
	const request: ChatRequest = {
		messages: [{ role: "user", content: "hi" }],
		stream: false,
		extensions: {},
		providerExtensions: {},
		...change,
	};
	const job = { operation: chat, request, caller: new AbortController().signal, receivedAt: RECEIVED, relayTo: null };
	const rest = { needsTrial: false, deferred: null, shutUntil: null, score: null, parts: {}, expectedCost: null };
	return prepareAttempt(job, { model, credential: ONLY_CREDENTIAL, ...rest }, { get: () => provider }, {});
}

function holding(amount: number, tightest: Hold["limits"]["tightest"] = null): Hold {
	const principal = { keyId: "key_1", teamId: "team_1", name: "test", last4: "last", policy: {} } as Hold["principal"];
	const limits = { figures: { requests: null, tokens: null }, tightest };
	return { attemptId: "a", principal, token: { attemptId: "a", amount, lines: [] }, limits, warnings: [] };
}

function boundWith(attempt: ReturnType<typeof prepared>, outputLimit: number): number {
	const { upstream } = attempt;
	return boundOf({ ...boundCall(upstream), outputLimit }, upstream.model, RECEIVED)?.amount ?? 0;
}

function refusalOf(attempt: () => unknown): GatewayError {
	try {
		attempt();
	} catch (error) {
		if (error instanceof SpendRefused) return error.error;
		throw error;
	}
	throw new Error("was held");
}

const RESPONSES = modelAt("openai", "gpt-6.1-sol");

describe("a limit below the least that the provider takes", () => {
	it("is sent and held as the least", () => {
		const short = prepared(RESPONSES, { tools: TOOLS, max_completion_tokens: 3 });
		expect(short.upstream.call.body.max_output_tokens).toBe(16);
		expect(short.bound?.outputTokens).toBe(16);
		expect(short.bound?.amount).toBe(boundWith(short, 16));
		expect(short.bound?.leastAmount).toBe(short.bound?.amount);
	});

	it("is refused where the hold affords no more, and never sent", () => {
		const open = prepared(RESPONSES, { tools: TOOLS });
		const amount = boundWith(open, 15);
		const refused = refusalOf(() => withinHold(open, holding(amount, budgetWith(0))));
		expect(refused.details).toMatchObject({ status: 402, code: "insufficient_quota" });
		expect(withinHold(open, holding(boundWith(open, 16))).clampedTo).toBe(16);
	});
});

describe("a hold of less than a request may cost", () => {
	it("limits the output to what it affords, and says the limit that is sent", () => {
		const open = prepared(RESPONSES, { tools: TOOLS });
		const { upstream, clampedTo } = withinHold(open, holding(boundWith(open, 500)));
		expect(clampedTo).toBe(500);
		expect(upstream.call.body.max_output_tokens).toBe(500);
	});

	it("is refused when it affords no token at all", () => {
		const open = prepared(modelAt("openai", "gpt-4.1"));
		const amount = boundWith(open, 0);
		expect(refusalOf(() => withinHold(open, holding(amount))).details.code).toBe("insufficient_quota");
		expect(withinHold(open, holding(boundWith(open, 1))).clampedTo).toBe(1);
	});

	it("leaves a request alone that it covers", () => {
		const limited = prepared(RESPONSES, { tools: TOOLS, max_completion_tokens: 40 });
		const held = withinHold(limited, holding(limited.bound?.amount ?? 0));
		expect(held.clampedTo).toBeNull();
		expect(held.upstream).toBe(limited.upstream);
	});

	const priced = MODELS.filter(({ tools, prices }) => tools && prices.length > 0);
	it.each(priced.map((model) => [`${model.provider}/${model.id}`, model] as const))(
		"never sends %s what can cost more",
		(_, model) => {
			const open = prepared(model, { tools: TOOLS });
			const most = open.bound?.amount ?? 0;
			const run = (share: number) => {
				const amount = Math.floor(most * share);
				let held: ReturnType<typeof withinHold>;
				try {
					held = withinHold(open, holding(amount));
				} catch (error) {
					expect(error instanceof SpendRefused || error instanceof GatewayError).toBe(true);
					return;
				}
				const call = boundCall(held.upstream);
				expect(boundOf(call, model, RECEIVED)?.amount).toBeLessThanOrEqual(amount);
				if (held.clampedTo !== null) expect(held.clampedTo).toBe(call.outputLimit);
			};
			fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), run), { numRuns: 30 });
		},
	);
});

describe("a model without a price, at a ceiling", () => {
	const price = { input: 3e6, cacheRead: 3e6, cacheWrite: 3e6, cacheWriteHour: 3e6, output: 6e6 };
	const unpriced: Model = { ...modelAt("openai", "gpt-4.1"), prices: [], rules: {}, context: null, maxOutput: null };
	const job = (limit?: number) => ({
		operation: chat,
		request: {
			messages: [{ role: "user" as const, content: "hi" }],
			stream: false,
			extensions: {},
			providerExtensions: {},
			...(limit !== undefined && { max_completion_tokens: limit }),
		},
		caller: new AbortController().signal,
		receivedAt: RECEIVED,
		relayTo: null,
	});

	it("is bound by the request's limit, and by no figure of its own", () => {
		const attempt = prepared(unpriced, { max_completion_tokens: 100 });
		expect(attempt.bound).toBeNull();
		const held = atCeiling(job(100), attempt, price);
		expect(held.upstream.model).toMatchObject({ atCeiling: true });
		expect(held.bound?.outputTokens).toBe(100);
		expect(held.bound?.amount).toBe(Math.ceil(((held.bound?.inputTokens ?? 0) * 3e6 + 100 * 6e6) / 1000));
	});

	it("needs a limit of the request's where its size is not known", () => {
		expect(() => atCeiling(job(), prepared(unpriced), price)).toThrow(/name `max_completion_tokens`/);
		const sized = atCeiling(job(), prepared({ ...unpriced, context: 1_000 }), price);
		expect(sized.bound?.outputTokens).toBe(1_050);
	});
});
