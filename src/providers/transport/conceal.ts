/** Takes a provider's credential out of texts that a provider wrote, before a caller or an admin reads them. */

/** A shorter one is not looked for, in characters: it would be found in ordinary words. */
const MIN_SECRET_LENGTH = 8;
const MARK = "[credential]";

/** Blots a secret out of a text, as it is and in base64, wherever in what was encoded it stood. */
export function concealing(secret: string | null): (text: string) => string {
	if (secret === null || secret.length < MIN_SECRET_LENGTH) return (text) => text;
	const spellings = [secret, ...base64Spellings(secret)];
	return (text) => spellings.reduce((clean, spelling) => clean.replaceAll(spelling, MARK), text);
}

/**
 * What of a secret's base64 does not depend on its neighbours, for each of the three places in a group of bytes; in
 * both alphabets.
 */
function base64Spellings(secret: string): Set<string> {
	const bytes = new TextEncoder().encode(secret);
	const spellings = [0, 1, 2].map((before) => {
		const padded = Array.from({ length: before + bytes.length }, (_, at) =>
			String.fromCharCode(bytes[at - before] ?? 0),
		);
		return btoa(padded.join("")).slice(Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6));
	});
	return new Set(spellings.flatMap((each) => [each, each.replaceAll("+", "-").replaceAll("/", "_")]));
}
