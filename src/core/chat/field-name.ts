/** Names of fields as the most lenient servers read them, so that one rule meets every spelling. */

/**
 * A name without case, underscores and hyphens. Go's parser matches names without case, by Unicode's rules (`ſ` is an
 * `s` to it, and the Kelvin sign a `k`); Google's take `max_output_tokens` for `maxOutputTokens`.
 */
export function foldedName(name: string): string {
	return name.toUpperCase().toLowerCase().replaceAll(/[_-]/g, "");
}
