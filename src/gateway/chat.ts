import type { Completion } from "../core/chat";
import { type Fault, UpstreamError } from "../core/fault";
import type { ProviderName } from "../core/ids";
import { Attempt } from "./attempt";
import { type Bill, billOf, completionText } from "./bill";
import type { Ending } from "./charge";
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

/** Told how an attempt ended; only the first word counts. */
export type OnEnd = (ending: Ending) => void;

/** Serves a request with a whole answer. Throws `AttemptFailed`. */
export async function complete(order: Order, onEnd: OnEnd): Promise<ServedCompletion> {
	const start = Date.now();
	const completion = await attributed(order, start, onEnd, () => new Attempt(order).whole());
	const bill = billOf(order, completion.usage, () => completionText(completion), completion.service_tier);
	onEnd({ how: "answered", bill });
	return { served: served(order, start, "200"), completion, bill };
}

/** Serves a request with a stream, held back until its first content. Throws as `complete` does. */
export async function stream(order: Order, onEnd: OnEnd): Promise<ServedStream> {
	const start = Date.now();
	const held = await attributed(order, start, onEnd, async () =>
		HeldStream.open(await new Attempt(order).stream(), order, onEnd),
	);
	return { served: served(order, start, "200"), stream: held };
}

async function attributed<T>(order: Order, start: number, onEnd: OnEnd, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		const fault = error instanceof UpstreamError ? error.fault : null;
		onEnd({ how: "failed", fault, silentMs: Date.now() - start });
		if (fault === null) throw error;
		throw new AttemptFailed(fault, served(order, start, String(fault.status ?? fault.kind)));
	}
}

function served({ provider, model, call }: Order, start: number, outcome: string): Served {
	return {
		provider: provider.name,
		model: model.id,
		attempts: [`${provider.name}:${outcome}`],
		simulated: provider.simulated,
		dropped: call.dropped,
		upstreamMs: Date.now() - start,
	};
}
