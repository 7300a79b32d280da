/**
 * Brings a configured base URL into the form that adapter paths are appended to: no trailing slash, ending in a version
 * segment. People paste these with and without a slash, a version or the whole endpoint, so all of it is accepted.
 * Throws TypeError when the text is not a URL.
 */
export function versionedBaseUrl(base: string, version: string): string {
	const url = new URL(base);
	url.search = "";
	url.hash = "";
	const path = url.pathname.replace(/\/+$/, "").replace(/\/(chat\/completions|responses|messages)$/, "");
	url.pathname = /\/v\d+[a-z]*$/.test(path) ? path : `${path}/${version}`;
	return url.href.replace(/\/+$/, "");
}
