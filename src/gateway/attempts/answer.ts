/** Makes an attempt's call and turns what comes back into an answer that can be passed on. */

import type { ProviderName } from "#core/ids";
import type { KeyPolicy } from "#core/key/policy";
import type { SlowStream } from "#core/routing/alias";
import { type Bill, billOf } from "#gateway/upstream/bill";
import type { AttemptEnding } from "#gateway/upstream/charge";
import { UpstreamExchange } from "#gateway/upstream/exchange";
import { GatedStream, type Listener } from "#gateway/upstream/gated-stream";
import { endCause } from "#gateway/upstream/own-mistake";
import { estimateTokens } from "#metering/estimate";
import type { CanonicalAnswer, Defect } from "#operations/operation";
import { empty } from "#providers/shared/faults";
import type { Attempt } from "./attempt";
import type { Allowance } from "./time-limits";

/** What recording and writing an answer need to know of where it comes from: an attempt, or what stands in for one. */
interface AnswerSource {
	readonly provider: ProviderName;
	/** The model, as its provider calls it. */
	readonly model: string;
	/** The policy that was in force when it was admitted, which says what of the request is kept. */
	readonly policy: Pick<KeyPolicy, "payloads" | "storedResponses">;
	/** When the first content of a stream came, in milliseconds since the epoch; null when none has. */
	readonly firstAt: number | null;
	/** Called once, when this answer is the one that is passed on. */
	commit(): void;
}

/** An answer that can be passed on. */
export type Answer = { readonly source: AnswerSource } & (
	| { readonly kind: "whole"; readonly whole: CanonicalAnswer; readonly bill: Bill }
	| { readonly kind: "stream"; readonly stream: GatedStream }
);

/** A stream began too slowly, and was abandoned before anything of it was passed on. */
export class TooSlow extends Error {
	constructor({ tokensPerSecond }: SlowStream) {
		super(`the stream began with fewer than ${tokensPerSecond} tokens per second`);
		this.name = "TooSlow";
	}
}

/**
 * Makes an attempt's call. Throws `UpstreamError`, `TooSlow` if a `pace` is asked for, and what `UpstreamExchange`
 * throws; the attempt has ended then.
 */
export function answerOf(attempt: Attempt, allowance: Allowance, pace: SlowStream | null = null): Promise<Answer> {
	return endedOnFailure(attempt, async () => {
		const { upstream } = attempt;
		const exchange = new UpstreamExchange(upstream, allowance, attempt.clock);
		if (upstream.request.stream) {
			const stream = await GatedStream.open(
				await exchange.stream(pace === null),
				upstream,
				attempt,
				allowance.commitAfter,
			);
			if (pace !== null && !(await keepsPace(stream, pace))) {
				stream.cancel();
				throw new TooSlow(pace);
			}
			return { source: attempt, kind: "stream", stream };
		}
		const { whole, bill } = await wholeOf(attempt, exchange);
		attempt.end({ how: "answered", bill });
		return { source: attempt, kind: "whole", whole, bill };
	});
}

async function keepsPace(stream: GatedStream, { tokensPerSecond, forMs }: SlowStream): Promise<boolean> {
	const text = await stream.linger(forMs);
	return text === null || estimateTokens(text) >= (tokensPerSecond * forMs) / 1000;
}

/** An answer that was looked at as a whole before anything of it is passed on. */
interface Verified {
	readonly answer: Answer;
	/** What is wrong with it: it may be passed over for a better one then. */
	readonly defect: Defect | null;
}

/** The same, with the whole answer looked at first: a stream is held back to its end. */
export function verifiedAnswerOf(attempt: Attempt, allowance: Allowance): Promise<Verified> {
	return endedOnFailure(attempt, async () => {
		const { upstream } = attempt;
		const { operation } = upstream;
		const exchange = new UpstreamExchange(upstream, allowance, attempt.clock);
		const close = (defect: Defect | null, end: AttemptEnding): void => {
			if (defect !== null) attempt.passOver("escalated");
			attempt.end(end);
		};
		if (!upstream.request.stream) {
			const { whole, bill } = await wholeOf(attempt, exchange);
			const defect = operation.defectIn(whole, upstream.request);
			close(defect, { how: "answered", bill });
			return { answer: { source: attempt, kind: "whole", whole, bill }, defect };
		}
		const listener = new Deferred(attempt);
		try {
			const stream = await GatedStream.open(await exchange.stream(), upstream, listener, null);
			const defect = operation.defectIn(operation.toAnswer(await stream.collect()), upstream.request);
			close(defect, { how: "answered", bill: stream.bill() });
			return { answer: { source: attempt, kind: "stream", stream }, defect };
		} finally {
			if (listener.ending !== null) attempt.end(listener.ending);
		}
	});
}

/** Keeps back how a stream ended until its answer was looked at. */
class Deferred implements Listener {
	readonly #attempt: Attempt;
	ending: AttemptEnding | null = null;

	constructor(attempt: Attempt) {
		this.#attempt = attempt;
	}

	get clock(): () => number {
		return this.#attempt.clock;
	}

	get startedAt(): number {
		return this.#attempt.startedAt;
	}

	content(): void {
		this.#attempt.content();
	}

	end(ending: AttemptEnding): void {
		this.ending ??= ending;
	}
}

/** Sees to it that an attempt whose work fails has ended. */
async function endedOnFailure<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		attempt.end({ how: "failed", cause: endCause(error), silentMs: attempt.clock() - attempt.startedAt });
		throw error;
	}
}

/** A whole answer with its bill. Throws when there is nothing in it, which is paid for all the same. */
async function wholeOf(attempt: Attempt, exchange: UpstreamExchange): Promise<{ whole: CanonicalAnswer; bill: Bill }> {
	const { operation, request } = attempt.upstream;
	const whole = await exchange.whole();
	const bill = billOfWhole(attempt, whole);
	if (!operation.isEmpty(whole, request)) return { whole, bill };
	const error = operation.refusal?.(whole) ?? empty();
	attempt.end({ how: "failed", cause: error.fault, silentMs: attempt.clock() - attempt.startedAt, bill });
	throw error;
}

function billOfWhole({ upstream, startedAt, clock }: Attempt, whole: CanonicalAnswer): Bill {
	const { usage, service_tier: tier } = whole;
	if (usage !== null) return billOf(upstream, { usage, tier, text: "", unseenMs: 0 });
	return billOf(upstream, { usage, tier, text: upstream.operation.written(whole), unseenMs: clock() - startedAt });
}
