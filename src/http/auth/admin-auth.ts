// Lets only the admin token pass.
import { GatewayError } from "#core/errors";
import type { Call } from "#http/call";
import { callerAddress } from "./caller-address";
import { bearerToken } from "./identify";

/**
 * Lets only the admin token pass. Throws the same 401 `GatewayError` whether it is missing or wrong; 429, without a
 * look at what was sent, when too many were wrong.
 */
export async function requireAdmin({ request, env, config, isolate }: Call): Promise<void> {
	const address = callerAddress(request);
	isolate.failedLogins.check("admin token", address);
	const token = bearerToken(request.headers);
	const [presented, expected] = await Promise.all([fingerprint(token ?? ""), fingerprint(config.adminToken)]);
	// Digests have one length, so the comparison's time says nothing about the token.
	if (!crypto.subtle.timingSafeEqual(presented, expected)) {
		if (token !== null) await isolate.failedLogins.count(env, "admin token", address);
		throw GatewayError.of(
			"invalid_admin_token",
			"this needs the admin token, sent as `Authorization: Bearer <token>`",
			{ headers: { "www-authenticate": "Bearer" } },
		);
	}
}

function fingerprint(text: string): Promise<ArrayBuffer> {
	return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
