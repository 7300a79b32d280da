// Checks the credential that a request brings to a simulated vendor.
import type { Refusal } from "./wire";

const HEADERS = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/**
 * A caller may come without any credential, as the gateway does in local use. One that brings a credential must bring
 * it in the vendor's own header.
 */
export function checkCredential(headers: Headers, own: readonly string[], unauthorized: () => Refusal): void {
	const sent = HEADERS.filter((name) => headers.has(name));
	if (sent.length === 0) return;
	const value = own.map((name) => headers.get(name)).find((entry) => entry !== null) ?? "";
	const isBearer = own[0] !== "authorization" || /^Bearer \S+$/.test(value);
	if (value === "" || !isBearer) throw unauthorized();
}
