import type { Principal } from "../core/principal";
import { admit } from "../gateway/admission";
import type { Call } from "./call";
import { identify } from "./identify";

/** Who is calling, admitted by the key's object. Throws the `GatewayError`s of `identify` and `admit`. */
export async function authenticate(call: Omit<Call, "params">): Promise<Principal> {
	const { request, env, config, execution, receivedAt } = call;
	const identified = await identify(request, env, config, execution, receivedAt);
	// The edge sets this header itself, whatever the client sent.
	return admit(env.API_KEYS, identified, request.headers.get("cf-connecting-ip"), receivedAt);
}
