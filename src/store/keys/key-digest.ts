import { createHmac } from "node:crypto";

/** HMAC-SHA-256 of a presented key under the pepper, in hex: the only form in which keys are stored or looked up. */
export function digestKey(text: string, pepper: string): string {
	return createHmac("sha256", pepper).update(text).digest("hex");
}
