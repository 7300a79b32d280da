/** Finds the endpoint of a vendor's own API that a path means, and the model that it names. */
import type { NativeApi, NativeEndpoint } from "#operations/native/endpoint";

/** The id of a model within a path: nothing that could end its segment, climb out of it or name another host. */
const MODEL = "((?!.*\\.\\.)@?[A-Za-z0-9][\\w.:-]*(?:/[A-Za-z0-9][\\w.:-]*)*)";
const patterns = new WeakMap<NativeEndpoint, RegExp>();

interface Found {
	readonly endpoint: NativeEndpoint;
	/** Null where the body names it. */
	readonly model: string | null;
}

/**
 * The endpoint at a path as the caller wrote it, below `/native/{provider}`; null where there is none. A path is
 * matched as a whole, and nothing of it goes out but a model's name, so that it leads nowhere else.
 */
export function endpointAt({ prefixes, endpoints }: NativeApi, path: string, query: URLSearchParams): Found | null {
	// Two signs stand in models' ids that some clients escape.
	const plain = path.replace(/%40/g, "@").replace(/%3a/gi, ":");
	const isEvents = query.get("alt") === "sse" || query.get("$alt") === "sse";
	const fitting = endpoints.filter(({ path }) => isEvents || !path.endsWith("?alt=sse"));
	for (const prefix of prefixes) {
		if (!plain.startsWith(prefix)) continue;
		const rest = plain.slice(prefix.length);
		for (const endpoint of fitting) {
			const match = patternOf(endpoint).exec(rest);
			if (match !== null) return { endpoint, model: match[1] ?? null };
		}
	}
	return null;
}

function patternOf(endpoint: NativeEndpoint): RegExp {
	let pattern = patterns.get(endpoint);
	if (pattern === undefined) {
		const [path = ""] = endpoint.path.split("?", 1);
		const [before = "", after] = path.split("{model}").map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
		pattern = new RegExp(after === undefined ? `^${before}$` : `^${before}${MODEL}${after}$`);
		patterns.set(endpoint, pattern);
	}
	return pattern;
}
