// Reads a request of a face: body, labels, options, and who could serve it.
import type { KeyState } from "#core/key/key";
import type { ContinuedBody, Face, Parsed, ProtocolHeaders } from "#faces/face";
import { namedFiles } from "#gateway/files/team-files";
import { openAccount } from "#gateway/files/vendor-account";
import { Routing } from "#gateway/routing/routing";
import type { ServingProviders } from "#gateway/routing/serving-providers";
import type { Call } from "#http/call";
import { readForm } from "#http/request/form-body";
import { jsonOf } from "#http/request/json-body";
import { requestedOptimize } from "#http/request/request-options";
import { sessionOf } from "#http/request/session";
import type { HeaderReader } from "#lib/header-map";
import { isForm } from "#lib/multipart";
import { canonicalProvider, isBuiltIn } from "#providers/names";
import { continuedBody } from "./stored-responses";

/** A request as its face read it, and who could serve it. */
interface ReadRequest {
	/** As it came. */
	readonly body: unknown;
	/** What is stored with its answer; null when nothing is. */
	readonly kept: ContinuedBody | null;
	readonly parsed: Parsed;
	readonly serving: ServingProviders;
	readonly routing: Routing;
}

type ReadingKey = Pick<KeyState, "keyId" | "teamId" | "policy">;

/**
 * Reads the body of a request of a face; `key` as it was looked up, `inForce` tells the one that is in force, for what
 * is decided before the request is admitted. Throws `GatewayError` 400, 413, 415 and 503.
 */
export async function readRequest(
	face: Face,
	call: Call,
	key: ReadingKey,
	inForce: () => Promise<ReadingKey> = async () => key,
): Promise<ReadRequest> {
	const { headers } = call;
	const optimize = requestedOptimize(headers);
	const [{ value: body, source }, serving] = await Promise.all([
		takesForm(face, headers)
			? readForm(call.body, headers.get("content-type") ?? "").then((value) => ({ value, source: null }))
			: call.body.take().then(jsonOf),
		call.isolate.providers.serving(call),
	]);
	const continued = face.storage && (await continuedBody(face.storage, call, body, key, inForce));
	const providerNamed = (field: string) => {
		const name = canonicalProvider(field);
		return isBuiltIn(name) || serving.byName.has(name) ? name : undefined;
	};
	const whole = continued === undefined ? body : continued.body;
	const read = face.parse(whole, providerNamed, protocolHeaders(face, headers));
	// A text is that of the body only where nothing was put into it.
	const isAsSent = source !== null && whole === body;
	const alone = isAsSent ? { ...read, request: { ...read.request, source } } : read;
	const parsed = await withFiles(alone, face, call, key, serving);
	const { request, preference } = parsed;
	const routing = await Routing.begin(
		call,
		{ preference, operation: face.operation, request, optimize, session: sessionOf(headers) },
		serving,
		key,
	);
	return { body, kept: continued?.keeps ? continued : null, parsed, serving, routing };
}

/**
 * With the account that keeps the files which it names, where it names any. Throws `GatewayError`: 404, 400, 409, 503.
 */
async function withFiles(
	parsed: Parsed,
	{ operation }: Face,
	{ env, isolate }: Call,
	key: ReadingKey,
	{ byName }: ServingProviders,
): Promise<Parsed> {
	const ids = operation.routing.files?.(parsed.request) ?? [];
	if (ids.length === 0) return parsed;
	const { account, vendorIds: files } = await namedFiles({ env, isolate, principal: key }, ids);
	openAccount(byName, account);
	const { request, preference } = parsed;
	return { ...parsed, request: { ...request, files }, preference: { ...preference, account } };
}

/** The headers that the face names, as far as they came. */
function protocolHeaders({ headers: names = [] }: Face, headers: HeaderReader): ProtocolHeaders {
	return Object.fromEntries(names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)]] : [])));
}

function takesForm({ takes }: Face, headers: HeaderReader): boolean {
	return takes === "form" || (takes === "either" && isForm(headers.get("content-type") ?? ""));
}
