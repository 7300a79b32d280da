// The digest under which a presented key is stored and looked up.
import { createHmac } from "node:crypto";

/** HMAC-SHA-256 of a presented key under the pepper, in hex: the only form in which keys are stored or looked up. */
export function digestKey(text: string, pepper: string): string {
	return createHmac("sha256", pepper).update(text).digest("hex");
}
