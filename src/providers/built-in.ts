// Builds the built-in providers from the environment and the catalog.
import type { ProviderModels } from "#catalog/override";
import type { ProviderName } from "#core/ids";
import type { Env } from "#env";
import { writeMultipart } from "#lib/multipart";
import { PLATFORM } from "#lib/platform";
import { anthropic } from "#providers/anthropic/index";
import { gemini } from "#providers/gemini/index";
import { formStream } from "#providers/transport/form-stream";
import { type Account, onlyAccount, overHttp } from "#providers/transport/over-http";
import { deepseek } from "#providers/vendors/deepseek";
import { openai } from "#providers/vendors/openai";
import { openrouter } from "#providers/vendors/openrouter";
import { siliconflow } from "#providers/vendors/siliconflow";
import { workersAi } from "#providers/workers-ai/index";
import type { ProviderAdapter, UpstreamCall } from "./adapter";
import { BUILT_IN_TABLE, type BuiltInProvider, type HttpProvider } from "./built-in-providers";
import { ONLY_CREDENTIAL, type Provider, type ProviderCredential } from "./provider";

/** The protocol of each provider that is reached over HTTP. */
const ADAPTERS: Readonly<Record<HttpProvider, ProviderAdapter>> = {
	openai,
	anthropic,
	gemini,
	deepseek,
	openrouter,
	siliconflow,
};

/** What the registry says of a built-in provider. */
interface BuiltInSettings {
	readonly catalog: ProviderModels;
	/** The accounts that admins added, as far as they can be used; null when they added none. */
	readonly added: readonly Account[] | null;
}

/**
 * A built-in provider, or null when it cannot serve in this environment. One with neither a credential nor a base URL
 * of its own is played by the simulator where that is bound, and absent elsewhere; a base URL alone serves without a
 * credential in the local environment. Throws TypeError when a base URL is not a URL.
 */
export function builtInProvider(name: BuiltInProvider, env: Env, { catalog, added }: BuiltInSettings): Provider | null {
	const { models } = catalog;
	const { defaultModel } = BUILT_IN_TABLE[name];
	const serving = { name: name as string as ProviderName, models, catalog, defaultModel };
	const simulator = env.SIMULATOR;
	if (name === "workers-ai") return { ...serving, simulated: simulator !== undefined, ...overBinding(env) };
	const adapter = ADAPTERS[name];
	const secret = environmentSecret(name, env);
	const real = (accounts: readonly Account[]) => ({
		...serving,
		simulated: false,
		...overHttp(adapter, baseUrlOf(name, env), accounts),
	});
	const accounts = [...(secret === null ? [] : [onlyAccount(secret)]), ...(added ?? [])];
	if (accounts.length > 0) return real(accounts);
	// An account that was added and cannot be used takes its provider out of service: the admin asked for no stand-in.
	if (added !== null || simulator === undefined) return null;
	if (env[`${BUILT_IN_TABLE[name].http.settings}_BASE_URL`]) return real([onlyAccount(null)]);
	const played = overHttp(adapter, `https://simulator/${name}`, [onlyAccount(null)], { via: simulator });
	return { ...serving, simulated: true, ...played };
}

/** The credential that the environment has for a built-in provider; null for none. */
export function environmentSecret(name: BuiltInProvider, env: Env): string | null {
	return name === "workers-ai" ? null : env[`${BUILT_IN_TABLE[name].http.settings}_API_KEY`] || null;
}

/** Where a built-in provider's credentials may be sent, as `URL.origin`; null for one that takes none. */
export function builtInOrigin(name: BuiltInProvider, env: Env): string | null {
	return name === "workers-ai" ? null : new URL(baseUrlOf(name, env)).origin;
}

function baseUrlOf(name: HttpProvider, env: Env): string {
	const { baseUrl, settings } = BUILT_IN_TABLE[name].http;
	return env[`${settings}_BASE_URL`] || baseUrl;
}

function overBinding(env: Env): Pick<Provider, "adapter" | "credentials"> {
	const send: ProviderCredential["send"] = async (call, signal) => {
		const response = await env.AI.run(call.path, inputsOf(call), { returnRawResponse: true, signal });
		if (response.body === null) return response;
		// A binding ends its call when the signal aborts, and need not end a body that has begun, as `fetch` does.
		return new Response(response.body.pipeThrough(new IdentityTransformStream(), { signal }), response);
	};
	const look: ProviderCredential["look"] = async ({ path }) => {
		const query = new URLSearchParams(path.slice(path.indexOf("?")));
		const page = Number(query.get("page"));
		return Response.json({ page, models: await env.AI.models({ per_page: Number(query.get("per_page")), page }) });
	};
	const only = { id: ONLY_CREDENTIAL, weight: 1, send, look, file: noFiles, conceal: (text: string) => text };
	return { adapter: workersAi, credentials: [only] };
}

/** What a binding takes: a form or a file goes out as a stream with its media type beside. */
function inputsOf({ body, form, upload }: UpstreamCall): Record<string, unknown> {
	if (form !== undefined) {
		const written = writeMultipart(form, PLATFORM.newId());
		return { multipart: { body: formStream(written), contentType: written.contentType } };
	}
	if (upload === undefined) return body;
	const { field, type, bytes } = upload;
	return { ...body, [field]: { body: formStream({ pieces: [bytes], length: bytes.byteLength }), contentType: type } };
}

function noFiles(): never {
	throw new RangeError("a binding has no files");
}
