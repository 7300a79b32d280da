// Sends requests to upstreams, each with the credential that belongs there.
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
