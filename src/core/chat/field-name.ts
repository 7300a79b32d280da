/** Names of fields as the most lenient servers read them, so that one rule meets every spelling. */

/**
 * A name without case, underscores and hyphens. Go's parser matches names without case, by Unicode's rules (`ſ` is an
 * `s` to it, and the Kelvin sign a `k`); Google's take `max_output_tokens` for `maxOutputTokens`.
 */
export function foldedName(name: string): string {
	const known = FOLDED.get(name);
	if (known !== undefined) return known;
	const folded = name.toUpperCase().toLowerCase().replaceAll(/[_-]/g, "");
	if (name.length <= MAX_KEPT_LENGTH) {
		if (FOLDED.size >= MAX_KEPT) FOLDED.clear();
		FOLDED.set(name, folded);
	}
	return folded;
}

/** Names that were folded lately: nearly all requests use the same few hundred. */
const FOLDED = new Map<string, string>();
const MAX_KEPT = 2_048;
/** The longest that is kept, in UTF-16 units. */
const MAX_KEPT_LENGTH = 64;
