// Keeps the list of models as it was rendered, and answers that a client has it already.
import { createHash } from "node:crypto";
import type { KeyPolicy } from "#core/key/policy";
import type { Face } from "#faces/face";
import { LruMap } from "#lib/lru-map";
import { DAY_MS } from "#lib/time";
import type { Directory } from "#router/models/directory";

/** A list as it is sent, and its entity tag. */
interface TaggedList {
	readonly body: string;
	readonly tag: string;
}

/** Lists of one version of the registry that an isolate keeps: a list of all models has about half a megabyte. */
const MAX_LISTS = 8;

const lists = new WeakMap<Directory, LruMap<TaggedList>>();

/**
 * The list that a policy leaves of a directory, in the words of a face; rendered once for each. `now`, in milliseconds
 * since the epoch, decides which prices are in force, which change at midnight UTC.
 */
export function rendered(
	directory: Directory,
	face: Face,
	{ models, providers, regions }: KeyPolicy,
	now: number,
	render: () => string,
): TaggedList {
	const known = lists.get(directory) ?? new LruMap<TaggedList>(MAX_LISTS);
	lists.set(directory, known);
	const key = JSON.stringify([face.name, Math.floor(now / DAY_MS), models, providers, regions]);
	return known.getOr(key, () => taggedOf(render()));
}

export function taggedOf(body: string): TaggedList {
	return { body, tag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"` };
}

/** 304 for a client that names the tag. What one key may use is for no cache between it and the gateway. */
export function tagged({ body, tag }: TaggedList, asked: Headers): Response {
	const headers = {
		etag: tag,
		"cache-control": "private, no-cache",
		vary: "authorization, x-api-key, anthropic-version",
	};
	const known = (asked.get("if-none-match") ?? "").split(",").map((each) => each.trim().replace(/^W\//, ""));
	if (known.includes(tag) || known.includes("*")) return new Response(null, { status: 304, headers });
	return new Response(body, { headers: { ...headers, "content-type": "application/json" } });
}
