// Pages through lists by cursor.
import * as v from "valibot";
import { invalidRequest } from "#core/errors";

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** The parameters that `pageOf` reads, for routes that refuse unknown ones. */
export const pageFields = { limit: v.optional(v.string()), after: v.optional(v.string()) };

/** A query of nothing else. */
export const PageQuery = v.object(pageFields);

/** The part of a list that is asked for: up to `limit` items that come after the one with the id `after`. */
interface Page {
	readonly after: string | null;
	readonly limit: number;
}

/** Throws `GatewayError` 400 for a limit out of range. */
export function pageOf(url: URL): Page {
	const text = url.searchParams.get("limit") ?? String(DEFAULT_LIMIT);
	const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
	if (limit < 1 || limit > MAX_LIMIT) {
		throw invalidRequest(`\`limit\` must be a whole number from 1 to ${MAX_LIMIT}`, "limit");
	}
	return { after: url.searchParams.get("after"), limit };
}

/** One page, by id, of a list that is at hand as a whole. */
export function pageResponse<T extends { readonly id: string }>(all: readonly T[], { after, limit }: Page): Response {
	const rest = all
		.filter(({ id }) => after === null || id > after)
		.toSorted((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
	return listResponse(rest.slice(0, limit), rest.length > limit);
}

/** A list in OpenAI's shape; `next` is the `after` of the next page, null on the last. */
export function listResponse(data: readonly { readonly id: string }[], more: boolean): Response {
	return Response.json({ object: "list", data, has_more: more, next: more ? (data.at(-1)?.id ?? null) : null });
}
