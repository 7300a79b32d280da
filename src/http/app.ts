// Serves one HTTP request: path, route, authentication, the error envelope, and the headers of every answer.
import { Router } from "itty-router";
import { type Config, ConfigError, readConfig } from "#config";
import { GatewayError } from "#core/errors";
import { newId, type RequestId } from "#core/ids";
import type { Env } from "#env";
import type { IsolateState } from "#gateway/isolate-state";
import { adminActor } from "#http/auth/admin-actor";
import { authenticate } from "#http/auth/authenticate";
import { identify } from "#http/auth/identify";
import { requireReach } from "#http/auth/reach";
import { RequestBody } from "#http/request/body";
import { oncePerKey } from "#http/request/idempotent";
import { releasing } from "#http/response/releasing";
import { HeaderMap } from "#lib/header-map";
import type { Call, Route } from "./call";
import { preflight, shareWithBrowsers } from "./cors";
import { errorResponse } from "./errors";
import { faceAt } from "./face-at";
import { isInference, isKnownElsewhere, isNative, normalPath } from "./paths";
import { ROUTES } from "./route-table";

type Arrival = Omit<Call, "params">;

/** itty-router matches on these two alone, so the real request stays untouched. */
interface Match {
	method: string;
	url: string;
	params?: Record<string, string>;
}

/** Routes without parameters, by method and path: most requests need no search. */
const plainRoutes = new Map<string, Route>();
/** Their paths, which are in normal form. */
const plainPaths = new Set<string>();
for (const route of ROUTES) {
	if (route.path.includes(":")) continue;
	plainRoutes.set(`${route.method} ${route.path}`, route);
	plainPaths.add(route.path);
}

const router = Router<Match & { [key: string]: unknown }, [arrival: Arrival], Response>();
for (const route of ROUTES) {
	router.all(route.path, (match, arrival) =>
		match.method === route.method ? dispatch(route, { ...arrival, params: decoded(match.params ?? {}) }) : undefined,
	);
}

const NO_PAGE = "sandbox; default-src 'none'";

/** Serves one HTTP request. Never throws: whatever goes wrong becomes an answer in the envelope of its face. */
export async function serve(
	request: Request,
	env: Env,
	execution: ExecutionContext,
	isolate: IsolateState,
): Promise<Response> {
	const receivedAt = isolate.clock();
	const requestId = newId("req", receivedAt, isolate.newId()) as RequestId;
	const url = new URL(request.url);
	const { pathname } = url;
	const path = plainPaths.has(pathname) ? pathname : normalPath(pathname);
	if (path !== pathname) url.pathname = path;
	const inference = isInference(path);
	const body = new RequestBody(request, () => isolate.largeBodies.share());
	const isHead = request.method === "HEAD";
	const answered = inference && request.method === "OPTIONS" ? preflight(request) : await held(answer());
	const response = isHead
		? withoutBody(answered)
		: body.isCounted
			? releasing(answered, body, request.signal)
			: answered;
	const { headers } = response;
	headers.set("x-request-id", requestId);
	headers.set("x-content-type-options", "nosniff");
	// The console's cookie shares its origin with what vendors answer: nothing else here may run as a page.
	if (!headers.has("content-security-policy")) headers.set("content-security-policy", NO_PAGE);
	if (inference) {
		// Where Anthropic's SDKs look for it.
		headers.set("request-id", requestId);
		shareWithBrowsers(request, headers);
	}
	// What a vendor wrote is shown by no browser as a page of the gateway's.
	if (isNative(path)) headers.set("content-security-policy", NO_PAGE);
	return response;

	/** What a GET would have been answered with. */
	function withoutBody(whole: Response): Response {
		execution.waitUntil(whole.body?.cancel() ?? Promise.resolve());
		return new Response(null, whole);
	}

	/** The runtime drops what still runs for a caller who has left: money would stay held, a change be half made. */
	function held(answered: Promise<Response>): Promise<Response> {
		execution.waitUntil(answered);
		return answered;
	}

	async function answer(): Promise<Response> {
		try {
			const config = configOf(env, isolate);
			const headers = new HeaderMap(request.headers);
			const arrival = { request, headers, body, url, env, config, execution, isolate, requestId, receivedAt };
			const method = isHead ? "GET" : request.method;
			const plain = plainRoutes.get(`${method} ${path}`);
			if (plain !== undefined) return await dispatch(plain, { ...arrival, params: {} });
			return (await router.fetch({ method, url: url.href }, arrival)) ?? unmatched(request, url);
		} catch (error) {
			body.release();
			return errorResponse(error, requestId, faceAt(path, request.headers, ROUTES));
		}
	}
}

/** Access is decided here and nowhere else, before any handler runs. */
async function dispatch(route: Route, call: Call): Promise<Response> {
	switch (route.access) {
		case "public":
			return route.handle(call);
		case "admin": {
			const actor = await adminActor(call);
			await requireReach(call, actor, route);
			return notStored(await route.handle({ ...call, actor }));
		}
		case "key":
			return route.handle({ ...call, principal: await authenticate(call) });
		case "spend":
			return oncePerKey({ ...call, identified: await identify(call) }, route.handle);
	}
}

/** What admins see may be a key or another secret, which no cache may keep. */
function notStored(response: Response): Response {
	response.headers.set("cache-control", "no-store");
	return response;
}

function decoded(params: Record<string, string>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(params).map(([name, value]) => {
			try {
				return [name, decodeURIComponent(value)];
			} catch {
				return [name, value];
			}
		}),
	);
}

function unmatched({ method, headers }: Request, url: URL): never {
	const allowed = router.routes.filter(([, pattern]) => pattern.test(url.pathname)).map(([, , , path]) => path);
	if (allowed.length > 0) {
		const allow = ROUTES.filter((route) => allowed.includes(route.path))
			.map((route) => route.method)
			.join(", ");
		if (headers.get("upgrade")?.toLowerCase() === "websocket") {
			// Codex goes on over HTTP at once after a 426; after any other status it first tries six times more.
			throw GatewayError.of("websocket_not_spoken", `${url.pathname} speaks HTTP; send it as ${allow}`, {
				headers: { allow, upgrade: "HTTP/1.1" },
			});
		}
		throw GatewayError.of("method_not_allowed", `${method} is not allowed on ${url.pathname}; allowed: ${allow}`, {
			headers: { allow },
		});
	}
	if (isKnownElsewhere(url.pathname)) {
		throw GatewayError.of(
			"unsupported_endpoint",
			`${url.pathname} is part of OpenAI's API that this gateway does not serve`,
		);
	}
	throw GatewayError.of(
		"unknown_url",
		`there is nothing at ${method} ${url.pathname}; the API is below ${url.origin}/v1`,
	);
}

/** The settings, checked once per isolate. */
function configOf(env: Env, { configs }: IsolateState): Config {
	const known = configs.get(env);
	if (known !== undefined) return known;
	try {
		const config = readConfig(env);
		configs.set(env, config);
		return config;
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		console.error(JSON.stringify({ level: "error", error: "ConfigError", problems: error.message }));
		throw GatewayError.of(
			"gateway_misconfigured",
			"the gateway is not configured safely and refuses to serve; its log says what to change",
		);
	}
}
