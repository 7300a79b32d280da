// Tells the gateway's own mistakes in reading an answer from what the connection and the provider do.
import { GatewayError } from "#core/errors";
import { UpstreamError } from "#core/fault";
import type { EndCause } from "./charge";

/** Carries what the gateway's own code threw while it read an answer, as its `cause`, past the connection's errors. */
export class OwnMistake extends Error {
	constructor(cause: unknown) {
		super("the gateway could not read an answer", { cause });
		this.name = "OwnMistake";
	}
}

/** Reads what has arrived already. Throws `UpstreamError`, and `OwnMistake` for whatever else is thrown. */
export function reading<T>(work: () => T): T {
	try {
		return work();
	} catch (error) {
		throw error instanceof UpstreamError ? error : new OwnMistake(error);
	}
}

/** Why an attempt ends with an error: what is meant for the caller says that it left, or was cut off. */
export function endCause(error: unknown): EndCause {
	if (error instanceof UpstreamError) return error.fault;
	return error instanceof GatewayError ? null : "internal";
}
