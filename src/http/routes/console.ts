// The console's page. The platform serves its files before the Worker is asked; what comes here is the address of a
// screen, or nothing at all.
import * as v from "valibot";
import { GatewayError } from "#core/errors";
import type { Call, Route } from "#http/call";
import type { RouteDoc } from "#http/route-doc";

const CONSOLE = "/console/";

const PAGE: RouteDoc = { summary: "Show the console", answer: v.string(), media: "text/html" };

export const consoleRoutes: Route[] = [
	{
		method: "GET",
		path: "/console",
		access: "public",
		doc: PAGE,
		handle: screen,
	},
	{ method: "GET", path: `${CONSOLE}*`, access: "public", doc: PAGE, handle: screen },
];

export function toConsole({ url }: Call): Response {
	return new Response(null, {
		status: 302,
		headers: { location: `${url.origin}${CONSOLE}`, vary: "accept, sec-fetch-mode" },
	});
}

/** Whether a browser is about to show what comes, and not a program to read it. */
export function isNavigation(request: Request): boolean {
	const mode = request.headers.get("sec-fetch-mode");
	return (mode === null || mode === "navigate") && (request.headers.get("accept") ?? "").includes("text/html");
}

/** Every screen has the same page, whose script looks at the address. A missing file stays missing. */
async function screen({ request, env, url }: Call): Promise<Response> {
	if (!isNavigation(request)) throw GatewayError.of("unknown_url", `the console has no file ${url.pathname}`);
	const page = await env.ASSETS.fetch(new URL(CONSOLE, url));
	// The headers of what another binding answered cannot be changed.
	return new Response(page.body, page);
}
