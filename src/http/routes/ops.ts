// Routes for an admin's monitors, and for a browser: the root, health, readiness.
import type { Call, Route } from "#http/call";
import { isNavigation, toConsole } from "#http/routes/console";
import { VERSION } from "#version";

export const opsRoutes: Route[] = [
	{ method: "GET", path: "/", access: "public", handle: root },
	{ method: "GET", path: "/v1", access: "public", handle: about },
	{
		method: "GET",
		path: "/healthz",
		access: "public",
		handle: () => Response.json({ status: "ok", version: VERSION }),
	},
	{ method: "GET", path: "/readyz", access: "public", handle: ready },
];

/** A browser is led to the console, a program told where the API is. */
function root(call: Call): Response {
	return isNavigation(call.request) ? toConsole(call) : about(call);
}

/** People paste a base URL into a browser first: say what this is and where to go. */
function about({ url }: Call): Response {
	return Response.json({
		name: "Tollgate",
		version: VERSION,
		description: "AI gateway: one OpenAI-compatible endpoint in front of many providers",
		base_url: `${url.origin}/v1`,
		endpoints: {
			chat_completions: `POST ${url.origin}/v1/chat/completions`,
			models: `GET ${url.origin}/v1/models`,
			admin: `${url.origin}/admin`,
			health: `${url.origin}/healthz`,
		},
	});
}

/** Whether the registry answers: without it new keys and changed keys cannot be looked up. */
async function ready({ env }: Call): Promise<Response> {
	try {
		await env.DB.prepare("SELECT 1 FROM teams LIMIT 1").run();
		return Response.json({ status: "ready", version: VERSION });
	} catch {
		return Response.json({ status: "registry_unavailable", version: VERSION }, { status: 503 });
	}
}
