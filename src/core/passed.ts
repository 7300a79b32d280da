/** What needs no translation: a request and an answer in the protocol that the caller and the provider both speak. */
import type { JsonObject } from "#lib/json";

/** A request as it came, for a provider that speaks the caller's protocol. */
export interface PassedRequest {
	/** The face whose protocol it is in. */
	readonly face: string;
	/** Its body but for what the gateway decides: the model, who serves, whether it streams, and what is held back. */
	readonly body: JsonObject;
	/** Fields at its top that the gateway does not know: they are in it only where the provider is known to take them. */
	readonly unknown: JsonObject;
	/** Fields that were left out of both. */
	readonly ignored: readonly string[];
}

/** A whole answer as it came. */
export interface PassedAnswer {
	/** Its JSON text. */
	readonly text: string;
	/** The same, parsed. */
	readonly body: JsonObject;
}
