import type { SlowStream } from "../core/alias";
import type { Completion } from "../core/chat";
import { UpstreamError } from "../core/fault";
import { estimateTokens } from "../metering/estimate";
import { assemble } from "./assemble";
import { Attempt } from "./attempt";
import { type Bill, billOf, completionText } from "./bill";
import type { Ending } from "./charge";
import type { HeldAttempt } from "./held-attempt";
import { HeldStream, type Listener } from "./held-stream";
import type { Allowance } from "./time-limits";
import { type Flaw, flawIn } from "./verify";

/** An answer that can be passed on. */
export type Answer = { readonly attempt: HeldAttempt } & (
	| { readonly kind: "whole"; readonly completion: Completion; readonly bill: Bill }
	| { readonly kind: "stream"; readonly held: HeldStream }
);

/** A stream began too slowly, and was abandoned before anything of it was passed on. */
export class TooSlow extends Error {
	constructor({ tokensPerSecond }: SlowStream) {
		super(`the stream began with fewer than ${tokensPerSecond} tokens per second`);
		this.name = "TooSlow";
	}
}

/**
 * Makes an attempt's call. Throws `UpstreamError`, `TooSlow` if a `pace` is asked for, and what `Attempt` throws; it has
 * ended then.
 */
export function answerOf(held: HeldAttempt, allowance: Allowance, pace: SlowStream | null = null): Promise<Answer> {
	return endedOnFailure(held, async () => {
		const { order } = held;
		const attempt = new Attempt(order, allowance);
		if (order.request.stream) {
			const stream = await HeldStream.open(await attempt.stream(), order, held, allowance.commitAfter);
			if (pace !== null && !(await keepsPace(stream, pace))) {
				stream.cancel();
				throw new TooSlow(pace);
			}
			return { attempt: held, kind: "stream", held: stream };
		}
		const completion = await attempt.whole();
		const bill = billOfWhole(held, completion);
		held.end({ how: "answered", bill });
		return { attempt: held, kind: "whole", completion, bill };
	});
}

async function keepsPace(stream: HeldStream, { tokensPerSecond, forMs }: SlowStream): Promise<boolean> {
	const text = await stream.linger(forMs);
	return text === null || estimateTokens(text) >= (tokensPerSecond * forMs) / 1000;
}

/** An answer that was looked at as a whole before anything of it is passed on. */
export interface Verified {
	readonly answer: Answer;
	/** What is wrong with it: it may be passed over for a better one then. */
	readonly flaw: Flaw | null;
}

/** The same, with the whole answer looked at first: a stream is held back to its end. */
export function verifiedAnswerOf(held: HeldAttempt, allowance: Allowance): Promise<Verified> {
	return endedOnFailure(held, async () => {
		const { order } = held;
		const attempt = new Attempt(order, allowance);
		const close = (flaw: Flaw | null, end: Ending): void => {
			if (flaw !== null) held.passOver("escalated");
			held.end(end);
		};
		if (!order.request.stream) {
			const completion = await attempt.whole();
			const bill = billOfWhole(held, completion);
			const flaw = flawIn(completion, order.request);
			close(flaw, { how: "answered", bill });
			return { answer: { attempt: held, kind: "whole", completion, bill }, flaw };
		}
		const listener = new Deferred(held);
		try {
			const stream = await HeldStream.open(await attempt.stream(), order, listener, null);
			const flaw = flawIn(assemble(await stream.collect()), order.request);
			close(flaw, { how: "answered", bill: stream.bill() });
			return { answer: { attempt: held, kind: "stream", held: stream }, flaw };
		} finally {
			if (listener.ending !== null) held.end(listener.ending);
		}
	});
}

/** Keeps back how a stream ended until its answer was looked at. */
class Deferred implements Listener {
	readonly #held: HeldAttempt;
	ending: Ending | null = null;

	constructor(held: HeldAttempt) {
		this.#held = held;
	}

	get startedAt(): number {
		return this.#held.startedAt;
	}

	content(): void {
		this.#held.content();
	}

	end(ending: Ending): void {
		this.ending ??= ending;
	}
}

/** Sees to it that an attempt whose work fails has ended. */
async function endedOnFailure<T>(held: HeldAttempt, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		const fault = error instanceof UpstreamError ? error.fault : null;
		held.end({ how: "failed", fault, silentMs: Date.now() - held.startedAt });
		throw error;
	}
}

function billOfWhole({ order, startedAt }: HeldAttempt, completion: Completion): Bill {
	const { usage, service_tier: tier } = completion;
	if (usage !== null) return billOf(order, { usage, tier, text: "", unseenMs: 0 });
	return billOf(order, { usage, tier, text: completionText(completion), unseenMs: Date.now() - startedAt });
}
