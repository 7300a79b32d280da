// Reads a request of a face: body, labels, options, and who could serve it.
import type { KeyState } from "#core/key/key";
import type { Face, Parsed, ProtocolHeaders } from "#faces/face";
import { Routing } from "#gateway/routing/routing";
import type { ServingProviders } from "#gateway/routing/serving-providers";
import type { Call } from "#http/call";
import { readJsonText } from "#http/request/json-body";
import { requestedOptimize } from "#http/request/request-options";
import { sessionOf } from "#http/request/session";
import { canonicalProvider, isBuiltIn } from "#providers/names";

/** A request as its face read it, and who could serve it. */
interface ReadRequest {
	/** As it came. */
	readonly body: unknown;
	readonly parsed: Parsed;
	readonly serving: ServingProviders;
	readonly routing: Routing;
}

/** Reads the body of a request of a face; `key` as it was looked up. Throws `GatewayError` 400 and 413. */
export async function readRequest(
	face: Face,
	call: Call,
	key: Pick<KeyState, "keyId" | "teamId" | "policy">,
): Promise<ReadRequest> {
	const { headers } = call.request;
	const optimize = requestedOptimize(headers);
	const [{ value: body, source }, serving] = await Promise.all([
		readJsonText(call.request),
		call.isolate.providers.serving(call),
	]);
	const providerNamed = (field: string) => {
		const name = canonicalProvider(field);
		return isBuiltIn(name) || serving.byName.has(name) ? name : undefined;
	};
	const read = face.parse(body, providerNamed, protocolHeaders(face, headers));
	const parsed = source === null ? read : { ...read, request: { ...read.request, source } };
	const { request, preference } = parsed;
	const routing = await Routing.begin(
		call,
		{ preference, operation: face.operation, request, optimize, session: sessionOf(headers) },
		serving,
		key,
	);
	return { body, parsed, serving, routing };
}

/** The headers that the face names, as far as they came. */
function protocolHeaders({ headers: names = [] }: Face, headers: Headers): ProtocolHeaders {
	return Object.fromEntries(names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)]] : [])));
}
