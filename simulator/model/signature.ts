/**
 * Signatures over reasoning, as vendors attach them so that it comes back unchanged and to the model it came from.
 * They prove nothing cryptographically; they only let the simulator notice what the vendor would notice.
 */
export function sign(scope: string, text: string): string {
	return btoa(`simulated|${encodeURIComponent(scope)}|${digest(text)}`);
}

/**
 * "valid", from another scope (a model or a vendor), or not a signature over this text at all; with null for a text
 * that was never shown, and stands in the signature alone.
 */
export function verify(signature: string, scope: string, text: string | null): "valid" | "foreign" | "corrupted" {
	const [mark, signed, over] = decoded(signature).split("|");
	if (mark !== "simulated" || (text !== null && over !== digest(text))) return "corrupted";
	return signed === encodeURIComponent(scope) ? "valid" : "foreign";
}

function decoded(signature: string): string {
	try {
		return atob(signature);
	} catch {
		return "";
	}
}

/** FNV-1a over UTF-16 units, 32 bits. */
function digest(text: string): string {
	let hash = 0x811c9dc5;
	for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
	return (hash >>> 0).toString(16);
}
