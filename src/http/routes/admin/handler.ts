// Makes an admin route: says what right it needs, reads the body, writes the answer.
import type { ErrorCode } from "#core/error-catalog";
import { GatewayError } from "#core/errors";
import type { Need } from "#core/rights";
import type { AdminCall, Route } from "#http/call";
import type { RouteDoc } from "#http/route-doc";
import { DatabaseUnavailable } from "#store/d1/database";

/** A route for those who have the right it needs. A registry that does not answer is a 503: what it did is unknown. */
export function adminRoute(
	method: Route["method"],
	path: string,
	needs: Need,
	handle: (call: AdminCall) => Promise<Response>,
	doc: RouteDoc,
): Route {
	return {
		method,
		path,
		access: "admin",
		needs,
		doc,
		handle: (call) => orUnavailable(handle(call)),
	};
}

/** An answer that needs the registry; 503 when it does not answer. */
export async function orUnavailable(answer: Promise<Response>): Promise<Response> {
	try {
		return await answer;
	} catch (error) {
		throw error instanceof DatabaseUnavailable ? registryUnavailable() : error;
	}
}

function registryUnavailable(): GatewayError {
	return GatewayError.of(
		"registry_unavailable",
		"the registry did not answer, so it is not certain whether this took effect; repeating is safe, except that a repeated creation may create a second one",
	);
}

/** What the catalogue has a 404 for. */
type Thing = Named<ErrorCode>;
type Named<Code> = Code extends `${infer Name}_not_found` ? Name : never;

/** 404 for a thing of the admin API. */
export function missing(what: Thing, id: string): GatewayError {
	return GatewayError.of(`${what}_not_found`, `there is no ${what} \`${id}\``);
}
