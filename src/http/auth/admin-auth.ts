import type { Config } from "#config";
import { GatewayError } from "#core/errors";
import { bearerToken } from "./identify";

/** Lets only the admin token pass. Throws the same 401 `GatewayError` whether it is missing or wrong. */
export async function requireAdmin(request: Request, config: Config): Promise<void> {
	const [presented, expected] = await Promise.all([
		fingerprint(bearerToken(request.headers) ?? ""),
		fingerprint(config.adminToken),
	]);
	// Digests have one length, so the comparison's time says nothing about the token.
	if (!crypto.subtle.timingSafeEqual(presented, expected)) {
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
