import type { ServingProvider } from "../router/directory";
import type { ChatAdapter, UpstreamCall } from "./adapter";

/** An upstream account that can serve: its protocol, its models and the way to it. */
export interface Provider extends ServingProvider {
	readonly adapter: ChatAdapter;
	/** Whether the simulator plays it. */
	readonly simulated: boolean;
	/** Sends one call. Throws what `fetch` throws, and the signal's reason when aborted. */
	send(call: UpstreamCall, signal: AbortSignal): Promise<Response>;
}
