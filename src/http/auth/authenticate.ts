import type { Identified } from "#core/key/key";
import type { Principal } from "#core/key/principal";
import { admit } from "#gateway/spending/admission";
import type { Call } from "#http/call";
import { identify } from "./identify";

/** Whose key a request presents, not yet admitted by the key's object. Throws the `GatewayError`s of `identify`. */
export function identifyCaller({ request, env, config, execution, isolate, receivedAt }: Call): Promise<Identified> {
	return identify(request, env, config, execution, isolate.keyLookup, receivedAt);
}

/** Who is calling, admitted by the key's object. Throws the `GatewayError`s of `identify` and `admit`. */
export async function authenticate(call: Call): Promise<Principal> {
	return admit(call, await identifyCaller(call), callerAddress(call.request), call.receivedAt);
}

/** Where a request came from, as the edge says; it sets this header itself, whatever the client sent. */
export function callerAddress(request: Request): string | null {
	return request.headers.get("cf-connecting-ip");
}
