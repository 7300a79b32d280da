// The one way in: whose key a request presents, and whether the key's object admits it.
import { GatewayError } from "#core/errors";
import type { Principal } from "#core/key/principal";
import { isWithin } from "#gateway/failed-logins";
import { admit } from "#gateway/spending/admission";
import type { Call } from "#http/call";
import { callerAddress } from "./caller-address";
import { identify } from "./identify";

/** The period of the limit on what spends nothing, as `wrangler.toml` has it, in milliseconds. */
const READS_PERIOD_MS = 60_000;

/**
 * Who is calling, admitted by the key's object, for what spends nothing. Throws the `GatewayError`s of `identify` and
 * `admit`, and 429 when the key has asked too often.
 */
export async function authenticate(call: Call): Promise<Principal> {
	const identified = await identify(call);
	if (!(await isWithin(call.env.READS_OF_KEY, identified.record.keyId))) {
		throw GatewayError.of(
			"rate_limit_exceeded",
			"the API key asks too often for what spends nothing; try again later",
			{
				retryAfterMs: READS_PERIOD_MS,
			},
		);
	}
	return admit(call, identified, callerAddress(call), call.receivedAt);
}
