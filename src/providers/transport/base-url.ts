// Brings a configured base URL into the form that paths are appended to.

/** Anywhere in a path: some vendors put an account or a layer behind it. */
const VERSION_SEGMENT = /\/v\d+[a-z]*\d*(?:\/|$)/;

/**
 * Brings a configured base URL into the form that adapter paths are appended to: no trailing slash, and a version
 * segment, which is appended where the path has none. People paste these with and without a slash, a version or the
 * whole endpoint, so all of it is accepted. An empty `version` is that of a vendor whose addresses have none. Throws
 * TypeError when the text is not a URL.
 */
export function versionedBaseUrl(base: string, version: string): string {
	const url = new URL(base);
	url.search = "";
	url.hash = "";
	const path = url.pathname.replace(/\/+$/, "").replace(/\/(chat\/completions|responses|messages)$/, "");
	url.pathname = version === "" || VERSION_SEGMENT.test(path) ? path : `${path}/${version}`;
	return url.href.replace(/\/+$/, "");
}
