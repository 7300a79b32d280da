// Tests a provider with one small call that is charged to no key.
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import type { Usage } from "#core/chat/usage";
import { type Fault, UpstreamError } from "#core/fault";
import { type AttemptEnding, chargeFor, faultOf } from "#gateway/upstream/charge";
import { UpstreamExchange } from "#gateway/upstream/exchange";
import { GatedStream, type Listener } from "#gateway/upstream/gated-stream";
import { boundCall, encodeFor, type UpstreamRequest } from "#gateway/upstream/upstream-request";
import type { Patience } from "#gateway/upstream/watchdog";
import { boundOf } from "#metering/bound";
import { priceAt } from "#metering/cost";
import { type NanoUsd, nanoUsd } from "#metering/money";
import { chat } from "#operations/chat/index";
import type { Provider, ProviderCredential } from "#providers/provider";

/** The result of a provider's test. */
export interface TestResult {
	/** Milliseconds from sending to the end, and to the first content; null when none came. */
	readonly latencyMs: number;
	readonly ttftMs: number | null;
	/** Why it failed; null when it answered. */
	readonly fault: Fault | null;
	/** Null when nothing is known. */
	readonly usage: Usage | null;
	/** Null without a known price. */
	readonly cost: NanoUsd | null;
	/** The cost is not what the provider reported. */
	readonly estimated: boolean;
}

/** Small enough to cost next to nothing, and streamed, so that it tells when the answer begins. */
const REQUEST: ChatRequest = {
	messages: [{ role: "user", content: "Answer with the one word: ready" }],
	stream: true,
	max_completion_tokens: 64,
	extensions: {},
	providerExtensions: {},
};
/** An admin waits for the test: a provider that needs longer than this for one short answer is not well. */
const PATIENCE: Patience = { headers: 30_000, content: 60_000, idle: 30_000, end: 90_000 };

/**
 * One real call to a provider, the way that requests take, to be made with `run`. It is charged as any attempt is, but
 * asks no circuit and teaches none. Throws `GatewayError` when the model cannot be asked for text.
 */
export class ProviderTest {
	readonly #upstream: UpstreamRequest;
	readonly #clock: () => number;

	/** `now` in milliseconds since the epoch; decides the price. */
	constructor(provider: Provider, credential: ProviderCredential, model: Model, now: number, clock: () => number) {
		this.#clock = clock;
		// The test goes on when the admin leaves, because its cost must be known.
		const caller = new AbortController().signal;
		this.#upstream = encodeFor({
			operation: chat,
			request: REQUEST,
			provider,
			credential,
			model,
			caller,
			vendorTools: [],
			receivedAt: now,
			relayTo: null,
		});
	}

	/** The most that it can cost; null without a known price. */
	get mostCost(): NanoUsd | null {
		return boundOf(boundCall(this.#upstream), this.#upstream.model, this.#upstream.receivedAt)?.amount ?? null;
	}

	async run(attemptId: string): Promise<TestResult> {
		const watch = new Watch(this.#clock);
		const ending = await ended(this.#upstream, watch);
		const charged = chargeFor(this.#upstream, { attemptId, token: null }, ending);
		const isPriced = priceAt(this.#upstream.model, this.#upstream.receivedAt) !== null;
		return {
			latencyMs: watch.clock() - watch.startedAt,
			ttftMs: watch.firstAt === null ? null : watch.firstAt - watch.startedAt,
			fault: faultOf(ending),
			usage: charged.usage,
			cost: isPriced ? nanoUsd(charged.ended.actual) : null,
			estimated: charged.ended.estimated,
		};
	}
}

/** Notes when the first content came, and how the stream ended. */
class Watch implements Listener {
	readonly clock: () => number;
	readonly startedAt: number;
	firstAt: number | null = null;
	ending: AttemptEnding | null = null;

	constructor(clock: () => number) {
		this.clock = clock;
		this.startedAt = clock();
	}

	content(): void {
		this.firstAt = this.clock();
	}

	end(ending: AttemptEnding): void {
		this.ending ??= ending;
	}
}

async function ended(upstream: UpstreamRequest, watch: Watch): Promise<AttemptEnding> {
	try {
		const stream = await GatedStream.open(
			await new UpstreamExchange(upstream, PATIENCE, watch.clock).stream(),
			upstream,
			watch,
			null,
		);
		await stream.collect();
		return watch.ending ?? { how: "answered", bill: stream.bill() };
	} catch (error) {
		if (!(error instanceof UpstreamError)) throw error;
		return watch.ending ?? { how: "failed", cause: error.fault, silentMs: watch.clock() - watch.startedAt };
	}
}
