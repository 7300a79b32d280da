// Sorts paths: to the inference API however a client writes it, to a vendor's own API, or elsewhere.

/** First segments of the inference API below `/v1`. */
const SERVED = new Set([
	"audio",
	"batches",
	"chat",
	"completions",
	"dashboard",
	"embeddings",
	"files",
	"images",
	"messages",
	"models",
	"moderations",
	"rerank",
	"responses",
	"route",
	"videos",
]);

/** Parts of OpenAI's API that the gateway does not serve; callers are told so instead of "unknown". */
const NOT_SERVED = new Set([
	"assistants",
	// But for what has a route.
	"audio",
	"fine_tuning",
	"images",
	"realtime",
	"threads",
	"uploads",
	"vector_stores",
]);

/** What OpenRouter's clients read below `/api/v1` in OpenRouter's own shape, and nothing else has there. */
const OPENROUTER = /^\/api\/v1\/(?:credits|generation|key|models?)(?=\/|$)/;

/**
 * The path in the form that routes are written in. Clients differ on who adds `/v1`, and people paste base URLs of
 * other gateways, so `/chat/completions`, `/v1/v1/…`, `/api/v1/…` and `/openai/v1/…` all mean `/v1/…`, but for what
 * OpenRouter alone has.
 */
export function normalPath(path: string): string {
	const clean = path.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
	if (OPENROUTER.test(clean)) return clean;
	const rest = clean.replace(/^(?:\/(?:api|openai))?(?:\/v1)*(?=\/|$)/, "");
	const first = rest.split("/", 2)[1] ?? "";
	if (SERVED.has(first) || NOT_SERVED.has(first)) return `/v1${rest}`;
	return rest === "" && clean !== "/" ? "/v1" : clean;
}

/** Below OpenRouter's own prefix, where clients look a request up by the id of its answer: so that is the gateway's. */
const OPENROUTER_PREFIX = /^https?:\/\/[^/]+\/api\//;

/** Whether answers at this address, as it came, must have ids that `/api/v1/generation` knows. */
export function isLookedUpById(address: string): boolean {
	return OPENROUTER_PREFIX.test(address);
}

export function isInference(path: string): boolean {
	return path === "/v1" || path.startsWith("/v1/") || path.startsWith("/api/v1/") || isNative(path);
}

/** Whether a normal path belongs to a vendor's own API. */
export function isNative(path: string): boolean {
	return path.startsWith("/native/");
}

/** Whether a normal path belongs to a part of OpenAI's API that the gateway does not serve. */
export function isKnownElsewhere(path: string): boolean {
	return path.startsWith("/v1/") && NOT_SERVED.has(path.split("/", 3)[2] ?? "");
}
