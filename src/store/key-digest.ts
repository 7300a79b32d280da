let cached: { pepper: string; key: CryptoKey } | null = null;

/** HMAC-SHA-256 of a presented key under the pepper, in hex: the only form in which keys are stored or looked up. */
export async function digestKey(text: string, pepper: string): Promise<string> {
	const encoder = new TextEncoder();
	// Imported once per isolate; the pepper does not change while one lives.
	if (cached?.pepper !== pepper) {
		const algorithm = { name: "HMAC", hash: "SHA-256" };
		cached = { pepper, key: await crypto.subtle.importKey("raw", encoder.encode(pepper), algorithm, false, ["sign"]) };
	}
	const mac = await crypto.subtle.sign("HMAC", cached.key, encoder.encode(text));
	return Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
