import type { Completion } from "../core/chat";
import { type Fault, UpstreamError } from "../core/fault";
import type { ProviderName } from "../core/ids";
import { Attempt } from "./attempt";
import { type Bill, billOf, completionText } from "./bill";
import { HeldStream } from "./held-stream";
import type { Order } from "./order";

/** How a request was served, or failed to be. */
export interface Served {
	readonly provider: ProviderName;
	readonly model: string;
	/** One entry per call, such as "openai:200" or "openai:timeout". */
	readonly attempts: readonly string[];
	readonly simulated: boolean;
	readonly dropped: readonly string[];
	/** From sending to the answer or its first content, in milliseconds. */
	readonly upstreamMs: number;
}

export interface ServedCompletion {
	readonly served: Served;
	readonly completion: Completion;
	readonly bill: Bill;
}

export interface ServedStream {
	readonly served: Served;
	readonly stream: HeldStream;
}

/** The attempt failed before anything reached the caller. */
export class AttemptFailed extends Error {
	readonly fault: Fault;
	readonly served: Served;

	constructor(fault: Fault, served: Served) {
		super(fault.message);
		this.name = "AttemptFailed";
		this.fault = fault;
		this.served = served;
	}
}

/** Serves a request with a whole answer. Throws `AttemptFailed` and, for a request that cannot be encoded, `GatewayError`. */
export async function complete(order: Order): Promise<ServedCompletion> {
	const attempt = new Attempt(order.provider, order.model, order.request, order.caller);
	const start = Date.now();
	const completion = await attributed(order, attempt, start, () => attempt.whole());
	return {
		served: served(order, attempt, start, "200"),
		completion,
		bill: billOf(order, completion.usage, () => completionText(completion), completion.service_tier),
	};
}

/** Serves a request with a stream, held back until its first content. Throws as `complete` does. */
export async function stream(order: Order): Promise<ServedStream> {
	const attempt = new Attempt(order.provider, order.model, order.request, order.caller);
	const start = Date.now();
	const held = await attributed(order, attempt, start, async () => HeldStream.open(await attempt.stream(), order));
	return { served: served(order, attempt, start, "200"), stream: held };
}

async function attributed<T>(order: Order, attempt: Attempt, start: number, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (!(error instanceof UpstreamError)) throw error;
		const { fault } = error;
		throw new AttemptFailed(fault, served(order, attempt, start, String(fault.status ?? fault.kind)));
	}
}

function served({ provider, model }: Order, attempt: Attempt, start: number, outcome: string): Served {
	return {
		provider: provider.name,
		model: model.id,
		attempts: [`${provider.name}:${outcome}`],
		simulated: provider.simulated,
		dropped: attempt.dropped,
		upstreamMs: Date.now() - start,
	};
}
