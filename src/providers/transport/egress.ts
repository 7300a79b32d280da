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
	/** JSON text, to be posted; null to look something up. */
	readonly body: string | null;
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
 * Sends one POST, or a GET without a body. `via` is the network, or the simulator in the local environment. Throws what
 * `fetch` throws.
 */
export function upstreamFetch(
	outgoing: Outgoing,
	credential: Credential | null,
	via: { fetch: typeof fetch },
): Promise<Response> {
	const headers: Record<string, string> = {
		...(outgoing.body !== null && { "content-type": "application/json" }),
		accept: outgoing.body === null ? "application/json" : "application/json, text/event-stream",
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
		method: outgoing.body === null ? "GET" : "POST",
		headers,
		...(outgoing.body !== null && { body: outgoing.body }),
		redirect: "manual",
		signal: outgoing.signal,
	});
}
