// Sends requests to upstreams and fetches their files, each with the credential that belongs there.
import type { WrittenForm } from "#lib/multipart";
import { formStream } from "./form-stream";

/**
 * The one way out to upstreams over HTTP. A credential is bound to the origin it was configured for and goes nowhere
 * else; redirects are not followed, because a redirect could name another origin; request headers are built here from
 * nothing, so none of the caller's reach an upstream.
 */
export interface Credential {
	/** Where this secret may be sent, as `URL.origin`. */
	readonly origin: string;
	/** In lower case. `authorization` carries it as a bearer token, any other header as it is. */
	readonly header: string;
	readonly secret: string;
}

interface Outgoing {
	/** Absolute, with the versioned base URL in front. */
	readonly url: string;
	/** `POST` with a body and `GET` without one, unless given. */
	readonly method?: "GET" | "POST" | "DELETE";
	/** JSON text, or a form; null for none. */
	readonly body: string | WrittenForm | null;
	/** By lower-case name. */
	readonly headers: Readonly<Record<string, string>>;
	readonly signal: AbortSignal;
}

/** A call was about to carry a credential to an origin that it does not belong to. */
export class CredentialOriginError extends Error {
	constructor(origin: string) {
		super(`the credential does not belong to ${origin}`);
		this.name = "CredentialOriginError";
	}
}

/**
 * Sends one request. `via` is the network, or the simulator in the local environment. Throws what
 * `fetch` throws.
 */
export function upstreamFetch(
	outgoing: Outgoing,
	credential: Credential | null,
	via: { fetch: typeof fetch },
): Promise<Response> {
	const { body } = outgoing;
	const isForm = typeof body === "object" && body !== null;
	const headers: Record<string, string> = {
		...(body !== null && { "content-type": isForm ? body.contentType : "application/json" }),
		accept: body === null ? "application/json" : "application/json, text/event-stream",
		"user-agent": "tollgate",
		...outgoing.headers,
	};
	if (credential !== null) {
		// The slash ends the authority, so what follows cannot change which host the address names.
		if (!outgoing.url.startsWith(`${credential.origin}/`))
			throw new CredentialOriginError(new URL(outgoing.url).origin);
		headers[credential.header] =
			credential.header === "authorization" ? `Bearer ${credential.secret}` : credential.secret;
	}
	return via.fetch(outgoing.url, {
		method: outgoing.method ?? (body === null ? "GET" : "POST"),
		headers,
		...(body !== null && { body: isForm ? formStream(body) : body }),
		redirect: "manual",
		signal: outgoing.signal,
	});
}

/** How often a file's address may lead to another one. */
const MAX_HOPS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Fetches a file; `own` is the origin of the provider's API. Only a request to the credential's own origin carries the
 * credential, wherever an address leads: a provider's links go to a store of files that is not its API. Throws
 * RangeError for an address that no file may be at, and what `fetch` throws.
 */
export async function fileFetch(
	url: string,
	own: string,
	credential: Credential | null,
	via: { fetch: typeof fetch },
	signal: AbortSignal,
): Promise<Response> {
	let at = url;
	for (let hop = 0; ; hop++) {
		const { origin } = new URL(at);
		if (origin !== own) checkPublic(new URL(at));
		const response = await upstreamFetch(
			{ url: at, body: null, headers: { accept: "*/*" }, signal },
			credential?.origin === origin ? credential : null,
			via,
		);
		const next = response.headers.get("location");
		if (!REDIRECTS.has(response.status) || next === null || hop === MAX_HOPS) return response;
		await response.body?.cancel();
		at = new URL(next, at).href;
	}
}

/** A provider names the address, so it must not lead into the gateway's own network. */
function checkPublic({ protocol, username, password, hostname, origin }: URL): void {
	const isAddress = hostname.startsWith("[") || /^[\d.]+$/.test(hostname) || !hostname.includes(".");
	if (protocol !== "https:" || username !== "" || password !== "" || isAddress)
		throw new RangeError(`no file may be at ${origin}`);
}
