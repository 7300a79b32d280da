// Makes a route on which the holder of a key reads its own records.
import { GatewayError } from "#core/errors";
import type { KeyCall, Route } from "#http/call";
import type { RouteDoc } from "#http/route-doc";
import { DatabaseUnavailable } from "#store/d1/database";

/** A route on which the holder of a key reads what is kept of its own requests. */
export function ownRoute(path: string, handle: (call: KeyCall) => Promise<Response>, doc: RouteDoc): Route {
	return {
		method: "GET",
		path,
		access: "key",
		doc: { ...doc, errors: [...(doc.errors ?? []), "usage_unavailable"] },
		async handle(call) {
			try {
				return await handle(call);
			} catch (error) {
				throw error instanceof DatabaseUnavailable ? usageUnavailable() : error;
			}
		},
	};
}

function usageUnavailable(): GatewayError {
	return GatewayError.of("usage_unavailable", "what was used could not be read just now; try again");
}
