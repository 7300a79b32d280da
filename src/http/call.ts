import type { Config } from "../config";
import type { KeyId, RequestId, TeamId } from "../core/ids";
import type { KeyPolicy } from "../core/policy";
import type { Env } from "../env";

/** Who is calling: the key that was presented, admitted by its object. */
export interface Principal {
	readonly keyId: KeyId;
	readonly teamId: TeamId;
	readonly name: string;
	/** Last four characters of the presented key, for messages. */
	readonly last4: string;
	/** In force at this request, as the key's object said. */
	readonly policy: KeyPolicy;
}

/** One HTTP request on its way through a route. */
export interface Call {
	readonly request: Request;
	readonly url: URL;
	/** Path parameters, decoded. */
	readonly params: Readonly<Record<string, string>>;
	readonly env: Env;
	readonly config: Config;
	readonly execution: ExecutionContext;
	readonly requestId: RequestId;
	/** Milliseconds since the epoch. */
	readonly receivedAt: number;
}

export interface KeyCall extends Call {
	readonly principal: Principal;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * One line of the route table. Access is decided from it in one place, before the handler runs:
 * anyone, a valid API key, or the admin token.
 */
export type Route =
	| { method: Method; path: string; access: "public"; handle(call: Call): Response | Promise<Response> }
	| { method: Method; path: string; access: "key"; handle(call: KeyCall): Response | Promise<Response> }
	| { method: Method; path: string; access: "admin"; handle(call: Call): Response | Promise<Response> };
