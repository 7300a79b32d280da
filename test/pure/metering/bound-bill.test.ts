import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answer } from "../../../simulator/mind";
import { answerUsage } from "../../../simulator/usage";
import { Refusal } from "../../../simulator/wire/wire";
import type { Model } from "../../../src/catalog/model";
import type { ChatRequest, Message, Tool, UserPart } from "../../../src/core/chat";
import { GatewayError } from "../../../src/core/errors";
import type { JsonObject } from "../../../src/core/json";
import { promptTokens } from "../../../src/core/usage";
import { boundOf, outputFor } from "../../../src/metering/bound";
import { costOf, priceAt } from "../../../src/metering/cost";
import { nanoUsd } from "../../../src/metering/money";
import { outputLimitOf } from "../../../src/providers/output-limit";
import { cases } from "../scale";
import { chat, MODELS, SCENARIOS, type Sent, send } from "../simulator/exchange";

const MINUTE = 60_000;
/** An ordinary afternoon; shortly before DeepSeek's peak, before its end, and before Gemini's next prices. */
const MOMENTS = [
	"2026-11-24T15:00:00Z",
	"2026-11-24T00:50:00Z",
	"2026-11-24T03:59:00Z",
	"2026-11-30T23:50:00Z",
	"2026-12-31T23:50:00Z",
].map((iso) => Date.parse(iso));

const callOf = ({ call }: Sent, request: ChatRequest) => ({ ...call, request, outputLimit: outputLimitOf(call.body) });

/** Fails where the simulator counts or bills more than was bounded. */
function check(model: Model, request: ChatRequest, sent: Sent, at: number): void {
	const { play } = sent;
	const usage = answerUsage(play.input, answer(play.question));
	const bound = boundOf(callOf(sent, request), model, at);
	if (bound === null) {
		expect(priceAt(model, at)).toBeNull();
		return;
	}
	const name = `${model.provider}/${model.id}`;
	if (promptTokens(usage) > bound.inputTokens) {
		expect.fail(`${name}: ${promptTokens(usage)} tokens of input, bound by ${bound.inputTokens}`);
	}
	if (usage.output > bound.outputTokens) {
		expect.fail(`${name}: ${usage.output} tokens of output, bound by ${bound.outputTokens}`);
	}
	// The vendor goes by its own clock, anywhere within the attempt.
	for (const minutes of [0, 5, 15]) {
		const bill = costOf(usage, model, at + minutes * MINUTE, play.serviceTier);
		if (bill !== null && bill > bound.amount) expect.fail(`${name}: billed ${bill}, bound by ${bound.amount}`);
	}
	if (bound.leastAmount > bound.amount) expect.fail(`${name}: at least ${bound.leastAmount} of ${bound.amount}`);
}

/** Null when the adapter or the vendor refuses the request, which then costs nothing. */
function sendIfTaken(model: Model, request: ChatRequest): Sent | null {
	try {
		const sent = send(model, request);
		const isTooLong = model.context !== null && (sent?.play.input.total ?? 0) > model.context;
		return isTooLong ? null : sent;
	} catch (thrown) {
		if (thrown instanceof Refusal || thrown instanceof GatewayError) return null;
		throw thrown;
	}
}

describe.each(MODELS.map((model) => [`${model.provider}/${model.id}`, model] as const))("%s", (_, model) => {
	it.each(Object.entries(SCENARIOS))("is never billed above its bound: %s", (_name, scenario) => {
		for (const stream of [false, true]) {
			for (const tier of [undefined, "auto", "default", "flex", "priority", "fast"]) {
				const request = { ...scenario, stream, ...(tier !== undefined && { service_tier: tier }) };
				const sent = sendIfTaken(model, request);
				if (sent === null) continue;
				for (const at of MOMENTS) check(model, request, sent, at);
			}
		}
	});

	it.each(Object.entries(SCENARIOS))("is told the limit that the bound goes by: %s", (_name, request) => {
		const sent = sendIfTaken(model, request);
		if (sent === null) return;
		const told = outputLimitOf(sent.call.body);
		expect(told ?? model.maxOutput ?? Number.MAX_SAFE_INTEGER).toBe(sent.play.question.limit);
	});

	it.each(Object.entries(SCENARIOS))(
		"costs at most what was held once its answer is limited to that: %s",
		(_, full) => {
			const { max_completion_tokens: _limit, ...open } = full;
			const request: ChatRequest = open;
			const sent = sendIfTaken(model, request);
			const at = MOMENTS[0] as number;
			const bound = sent && boundOf(callOf(sent, request), model, at);
			if (sent === null || bound === null || bound.amount === 0) return;
			const { amount, leastAmount } = bound;
			expect(leastAmount).toBeLessThan(amount);
			for (const held of [leastAmount, Math.floor((leastAmount + amount) / 2), amount - 1]) {
				const limit = outputFor(nanoUsd(held), callOf(sent, request), model, at);
				expect(limit).toBeGreaterThanOrEqual(256);
				const limited = { ...request, max_completion_tokens: limit };
				const again = send(model, limited) as Sent;
				expect(outputLimitOf(again.call.body)).toBe(limit);
				expect(boundOf(callOf(again, limited), model, at)?.amount).toBeLessThanOrEqual(held);
			}
		},
	);
});
