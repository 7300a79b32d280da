// Routes for an admin's monitors, and for a browser: the root, health, readiness.
import * as v from "valibot";
import type { Call, Route } from "#http/call";
import type { RouteDoc } from "#http/route-doc";
import { isNavigation, toConsole } from "#http/routes/console";
import { VERSION } from "#version";

const AboutView = v.object({
	name: v.string(),
	version: v.string(),
	description: v.string(),
	base_url: v.string(),
	endpoints: v.record(v.string(), v.string()),
});
const StatusView = v.object({ status: v.picklist(["ok", "ready", "registry_unavailable"]), version: v.string() });

const aboutDoc: RouteDoc = { summary: "Say what this is and where to go", answer: AboutView };

export const opsRoutes: Route[] = [
	{ method: "GET", path: "/", access: "public", doc: aboutDoc, handle: root },
	{ method: "GET", path: "/v1", access: "public", doc: aboutDoc, handle: about },
	{
		method: "GET",
		path: "/healthz",
		access: "public",
		doc: { summary: "Answer while the Worker runs", answer: StatusView },
		handle: () => Response.json({ status: "ok", version: VERSION }),
	},
	{
		method: "GET",
		path: "/readyz",
		access: "public",
		doc: { summary: "Answer when the registry answers too; 503 while it does not", answer: StatusView },
		handle: ready,
	},
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
			docs: `${url.origin}/docs`,
			openapi: `${url.origin}/openapi.json`,
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
