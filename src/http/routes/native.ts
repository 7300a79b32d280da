// The route of vendors' own APIs.
import * as v from "valibot";
import { type Envelope, nativeFace } from "#faces/native/index";
import type { Route, SpendCall } from "#http/call";
import { serve } from "#http/serve/serve";
import { canonicalProvider } from "#providers/names";

/** `/native/{provider}` and what is below it. */
const ADDRESS = /^\/native\/([^/]+)(\/.*)$/;

/** The faces of errors at paths where no request was read. */
const FACES = { openai: nativeFace("openai"), anthropic: nativeFace("anthropic"), gemini: nativeFace("gemini") };
const ENVELOPES: Readonly<Record<string, Envelope>> = { anthropic: "anthropic", gemini: "gemini" };

/** Vendors' own APIs, with the gateway's keys, budgets and log. */
export const nativeRoutes: Route[] = [
	{
		method: "POST",
		path: "/native/:provider/:path+",
		access: "spend",
		doc: {
			summary: "Call a vendor's own API, at the paths that are passed on",
			text: "Requests and answers are in the vendor's own shapes, passed on as they come; docs/api.md lists the paths.",
			body: v.looseObject({ model: v.exactOptional(v.string()) }),
			example: { model: "gpt-6-luna", messages: [{ role: "user", content: "Hello" }] },
			answer: v.union([v.array(v.looseObject({})), v.looseObject({})]),
			also: ["text/event-stream", "*/*"],
			errors: ["native_ceiling_required", "unsupported_endpoint"],
		},
		face: (_, path) => FACES[envelopeOf(canonicalProvider(path.split("/", 3)[2] ?? ""))],
		handle: serveNative,
	},
];

/** The path is taken as it came: its normal form would hide what it was made of. */
async function serveNative(call: SpendCall): Promise<Response> {
	const { pathname } = new URL(call.request.url);
	const [, name = "", path = pathname] = ADDRESS.exec(pathname) ?? [];
	const provider = canonicalProvider(name);
	const { byName } = await call.isolate.providers.serving(call);
	const api = byName.get(provider)?.adapter.native?.api ?? null;
	const { searchParams: query } = call.url;
	const face = nativeFace(api?.envelope ?? envelopeOf(provider), {
		provider,
		api,
		path,
		query,
		headers: call.request.headers,
	});
	return serve(face)(call);
}

function envelopeOf(provider: string): Envelope {
	return Object.hasOwn(ENVELOPES, provider) ? (ENVELOPES[provider] ?? "openai") : "openai";
}
