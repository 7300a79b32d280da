/** The refusals of API keys. */

import { GatewayError } from "#core/errors";
import type { RefusalReason } from "#core/key-object/admission";

/** 401: the credential does not open the door; `message` says why, with at most the key's last four characters. */
export function keyRefused(message: string): GatewayError {
	return GatewayError.of("invalid_api_key", `${message}`, { headers: { "www-authenticate": "Bearer" } });
}

/** How a message names a presented key: "the API key ending in `x7Qz`". */
export function namedKey(last4: string): string {
	return last4 === "" ? "the API key" : `the API key ending in \`${last4}\``;
}

/** What a message says of a key that its object refuses. */
export const REFUSALS: Record<RefusalReason, string> = {
	unknown: "is not known here",
	revoked: "has been revoked",
	rotated: "has been replaced by a new one and its time of grace is over",
	expired: "has expired",
};
