// Sends an adapter's calls over HTTP with a vendor account.
import type { CredentialId } from "#core/ids";
import { writeJson } from "#lib/json-source";
import { writeMultipart } from "#lib/multipart";
import { PLATFORM } from "#lib/platform";
import type { ProviderAdapter } from "#providers/adapter";
import { ONLY_CREDENTIAL, type Provider, type ProviderCredential } from "#providers/provider";
import { versionedBaseUrl } from "./base-url";
import { concealing } from "./conceal";
import { fileFetch, upstreamFetch } from "./egress";

/** A vendor account that calls may be made with. */
export interface Account {
	readonly id: CredentialId;
	/** Its part of the traffic, relative to the others. */
	readonly weight: number;
	/** Null where the upstream takes none. */
	readonly secret: string | null;
}

/** The account that the environment or a provider's own settings name. */
export function onlyAccount(secret: string | null): Account {
	return { id: ONLY_CREDENTIAL, weight: 1, secret };
}

/** What differs from how a protocol is usually reached. */
interface Way {
	/** The network unless the simulator plays the provider. */
	readonly via?: { fetch: typeof fetch };
	/** The header that carries the credential, in lower case; the protocol's own unless given. */
	readonly credentialHeader?: string | null;
}

/** The ways to a provider over HTTP. Each secret is bound to the base URL's origin. Throws TypeError for no URL. */
export function overHttp(
	adapter: ProviderAdapter,
	baseUrl: string,
	accounts: readonly Account[],
	{ via = globalThis, credentialHeader }: Way = {},
): Pick<Provider, "adapter" | "credentials"> {
	const base = versionedBaseUrl(baseUrl, adapter.version);
	const { origin } = new URL(base);
	const header = credentialHeader ?? adapter.credentialHeader;
	const credentials = accounts.map(({ id, weight, secret }): ProviderCredential => {
		const credential = secret === null ? null : { origin, header, secret };
		return {
			id,
			weight,
			send: ({ path, body, source, form, headers = {} }, signal) => {
				const written = form === undefined ? writeJson(body, source) : writeMultipart(form, PLATFORM.newId());
				return upstreamFetch({ url: base + path, body: written, headers, signal }, credential, via);
			},
			look: ({ path, method, headers = {} }, signal) =>
				upstreamFetch({ url: base + path, ...(method && { method }), body: null, headers, signal }, credential, via),
			file: (at, signal) => fileFetch(at.startsWith("/") ? base + at : at, origin, credential, via, signal),
			conceal: concealing(secret),
		};
	});
	return { adapter, credentials };
}
