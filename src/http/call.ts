// What a route is given, and what a route is.
import type { Config } from "#config";
import type { RequestId } from "#core/ids";
import type { Identified } from "#core/key/key";
import type { Principal } from "#core/key/principal";
import type { Actor, Need } from "#core/rights";
import type { Env } from "#env";
import type { Face } from "#faces/face";
import type { IsolateState } from "#gateway/isolate-state";
import type { Claim } from "#gateway/spending/idempotency";
import type { RequestBody } from "#http/request/body";
import type { HeaderReader } from "#lib/header-map";
import type { RouteDoc } from "./route-doc";

/** One HTTP request on its way through a route. */
export interface Call {
	readonly request: Request;
	/** Those of the request. */
	readonly headers: HeaderReader;
	/** Of a request to a model; what manages the gateway reads it from `request`. */
	readonly body: RequestBody;
	readonly url: URL;
	/** Path parameters, decoded. */
	readonly params: Readonly<Record<string, string>>;
	readonly env: Env;
	readonly config: Config;
	readonly execution: ExecutionContext;
	/** What this isolate keeps between requests. */
	readonly isolate: IsolateState;
	readonly requestId: RequestId;
	/** Milliseconds since the epoch. */
	readonly receivedAt: number;
}

/** A call through the admin API, by someone who has the right that its route needs. */
export interface AdminCall extends Call {
	readonly actor: Actor;
}

export interface KeyCall extends Call {
	readonly principal: Principal;
}

/** A call that wants to spend: the gateway asks the key's object once it knows what the request may cost. */
export interface SpendCall extends Call {
	readonly identified: Identified;
	/** Absent without an idempotency key; to be told of each attempt. */
	readonly claim?: Claim;
}

/** The face of a route, or which it is by the headers that came and the path in normal form. */
export type RouteFace = Face | ((headers: Headers, path: string) => Face);

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * One line of the route table. Access is decided from it in one place, before the handler runs:
 * anyone, a valid API key, one that may also spend, or a right of the admin API (`needs`). A route that has a face
 * is spoken to in it, and so are errors at its path; what spends always has one.
 */
export type Route = Described &
	(
		| { access: "public"; handle(call: Call): Response | Promise<Response> }
		| { access: "key"; face?: RouteFace; handle(call: KeyCall): Response | Promise<Response> }
		| { access: "spend"; face: RouteFace; handle(call: SpendCall): Response | Promise<Response> }
		| { access: "admin"; needs: Need; handle(call: AdminCall): Response | Promise<Response> }
	);

interface Described {
	method: Method;
	path: string;
	doc: RouteDoc;
}
