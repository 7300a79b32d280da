/**
 * The judge of answers by the API's own description: `checkDocumented` throws when a success is not what its route
 * says, or has a field that its route does not mention.
 */
import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import type { Route } from "#http/call";
import { normalPath } from "#http/paths";
import { ROUTES } from "#http/route-table";

const patterns = ROUTES.map((route) => ({ route, pattern: patternOf(route.path) }));

function patternOf(path: string): RegExp {
	const inner = path
		.replace(/[.]/g, "\\.")
		.replace("*", ".*")
		.replace(/:\w+(\+?)/g, (_, many: string) => (many === "+" ? ".+" : "[^/]+"));
	return new RegExp(`^${inner}$`);
}

/** The route that serves a request; undefined for what no route serves. */
function routeOf(method: string, url: string): Route | undefined {
	const path = normalPath(new URL(url).pathname);
	return patterns.find(({ route, pattern }) => route.method === method && pattern.test(path))?.route;
}

/** Throws where a successful JSON answer is not what its route's description says. */
export async function checkDocumented(method: string, url: string, response: Response): Promise<void> {
	const route = routeOf(method, url);
	if (route === undefined || response.status >= 300 || !isJson(response)) return;
	if (response.status !== (route.doc.status ?? 200)) {
		throw new Error(`${method} ${url} answers ${response.status}, which its description does not have`);
	}
	const problem = undocumented(route, await response.clone().json());
	if (problem !== null) throw new Error(`${method} ${url} is not as described: ${problem}`);
}

/** What of a body the route's description does not have; null when it has all of it. */
function undocumented({ doc }: Pick<Route, "doc">, body: unknown): string | null {
	const read = v.safeParse(doc.answer, body);
	if (!read.success) {
		return read.issues.map((issue) => `${v.getDotPath(issue) ?? "."} ${issue.message}`).join("; ");
	}
	// What a schema does not mention is left out of what it reads.
	return isDeepStrictEqual(read.output, body) ? null : `it has ${beyond(body, read.output).join(", ")}`;
}

/** Where a body has something else than was read of it. */
function beyond(body: unknown, read: unknown, at = ""): string[] {
	if (typeof body !== "object" || body === null) return body === read ? [] : [at];
	const known = Object(read) as Record<string, unknown>;
	return Object.entries(body).flatMap(([key, value]) => beyond(value, known[key], `${at}.${key}`));
}

function isJson(response: Response): boolean {
	return /^application\/json(;|$)/.test(response.headers.get("content-type") ?? "");
}
