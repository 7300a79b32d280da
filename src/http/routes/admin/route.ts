import { GatewayError } from "../../../core/errors";
import type { DocumentKind } from "../../../store/documents";
import { RegistryError } from "../../../store/registry";
import type { Call, Route } from "../../call";

/** A route behind the admin token. A registry that does not answer is a 503, since nobody can say what it did. */
export function adminRoute(method: Route["method"], path: string, handle: (call: Call) => Promise<Response>): Route {
	return {
		method,
		path,
		access: "admin",
		async handle(call) {
			try {
				return await handle(call);
			} catch (error) {
				throw error instanceof RegistryError ? registryUnavailable() : error;
			}
		},
	};
}

function registryUnavailable(): GatewayError {
	return new GatewayError({
		status: 503,
		type: "server_error",
		code: "registry_unavailable",
		message:
			"[gateway] the registry did not answer, so it is not certain whether this took effect; repeating is safe, except that a repeated creation may create a second one",
		retryAfterMs: 1_000,
	});
}

/** 404 for a thing of the admin API. */
export function missing(
	what:
		| "team"
		| "key"
		| "provider"
		| "credential"
		| "budget"
		| "alert"
		| "request"
		| "payload"
		| "import"
		| "override"
		| "version"
		| DocumentKind,
	id: string,
): GatewayError {
	return new GatewayError({
		status: 404,
		type: "invalid_request_error",
		code: `${what}_not_found`,
		message: `[gateway] there is no ${what} \`${id}\``,
		shouldRetry: false,
	});
}

/** 409: the thing is in a state that does not allow this. */
export function conflict(code: string, message: string, param?: string): GatewayError {
	return new GatewayError({
		status: 409,
		type: "invalid_request_error",
		code,
		message: `[gateway] ${message}`,
		...(param !== undefined && { param }),
		shouldRetry: false,
	});
}
