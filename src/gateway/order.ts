import type { Model } from "../catalog/model";
import type { ChatRequest } from "../core/chat";
import type { Provider } from "../providers/provider";

/** A request and who shall serve it. */
export interface Order {
	readonly request: ChatRequest;
	readonly provider: Provider;
	readonly model: Model;
	/** Aborts when the caller leaves. */
	readonly caller: AbortSignal;
	/** When the request arrived, in milliseconds since the epoch; decides the price. */
	readonly receivedAt: number;
}
