/** A vendor's own API as its own clients speak it: nothing is translated, and what came is passed on. */
import type { ErrorDetails } from "#core/errors";
import { GatewayError, invalidRequest, quoted } from "#core/errors";
import type { RequestId } from "#core/ids";
import { errorBody as anthropicErrorBody } from "#faces/anthropic-messages/error-body";
import type { Face, Parsed, StreamRenderer } from "#faces/face";
import { errorBody as openaiErrorBody } from "#faces/openai-chat/error-body";
import { openaiModels } from "#faces/openai-chat/models";
import { isObject, type JsonObject } from "#lib/json";
import type { NativeApi } from "#operations/native/endpoint";
import { native } from "#operations/native/index";
import type { NativeAnswer, NativeChunk, NativeRequest } from "#operations/native/request";
import { endpointAt } from "./endpoint-at";
import { geminiErrorBody } from "./error-body";
import { choicesOf, limitOf, refuseInBody, refuseInQuery, refuseOtherModels } from "./refusals";

/** What a caller asks of a vendor's own API. */
interface NativeAddress {
	/** The provider's own name. */
	readonly provider: string;
	/** Null where there is no such provider, or its own API is not passed on. */
	readonly api: NativeApi | null;
	/** Below `/native/{provider}`, as the caller wrote it. */
	readonly path: string;
	readonly query: URLSearchParams;
	readonly headers: Headers;
}

type NativeFace = Face<NativeRequest, NativeAnswer, NativeChunk, null>;
export type Envelope = NativeApi["envelope"];

const ENVELOPES: Readonly<Record<Envelope, (details: ErrorDetails, requestId: RequestId) => Record<string, unknown>>> =
	{
		openai: openaiErrorBody,
		anthropic: anthropicErrorBody,
		gemini: geminiErrorBody,
	};

/** Headers of a vendor's answers that callers see. The others tell of the gateway's account, or are ours to set. */
const SEEN = ["content-type", "content-language", "openai-version", "openai-processing-ms", "openai-model"];

/** The face of one request to a vendor's own API. */
export function nativeFace(envelope: Envelope, address: NativeAddress | null = null): NativeFace {
	return {
		name: "native",
		operation: native,
		parse: (body) => parse(body, address),
		whole: () => ({}),
		raw: ({ reply: { status, headers, bytes } }) => ({
			status,
			headers: Object.fromEntries(
				SEEN.flatMap((name) => {
					const value = headers.get(name);
					return value === null ? [] : [[name, value]];
				}),
			),
			body: bytes,
		}),
		stream: () => new NativeRenderer(envelope),
		error: ENVELOPES[envelope],
		models: openaiModels,
	};
}

function parse(body: unknown, address: NativeAddress | null): Parsed<NativeRequest, null> {
	if (address === null) throw new TypeError("a face without an address reads no request");
	const { provider, api, path, query, headers } = address;
	if (api === null) {
		throw GatewayError.of("provider_not_found", `there is no provider ${quoted(provider)} whose own API is passed on`, {
			param: "provider",
		});
	}
	const found = endpointAt(api, path, query);
	if (found === null) {
		throw GatewayError.of(
			"unsupported_endpoint",
			`${quoted(path)} is not among the paths of \`${provider}\` that are passed on; docs/api.md lists them`,
		);
	}
	refuseInQuery(query, api);
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	const { endpoint } = found;
	const spelled = api.spelled?.(body as JsonObject) ?? (body as JsonObject);
	refuseInBody(spelled, endpoint);
	if (found.model !== null) refuseOtherModels(spelled, found.model);
	const model = found.model ?? spelled.model;
	if (typeof model !== "string" || model === "") throw invalidRequest("name a `model`", "model");
	const limit = limitOf(spelled, endpoint);
	const n = choicesOf(spelled, endpoint);
	return {
		request: {
			stream: endpoint.isStream === true || (endpoint.charge === "usage" && spelled.stream === true),
			...(n > 1 && { n }),
			...(typeof spelled.user === "string" && { user: spelled.user }),
			endpoint,
			body: spelled,
			headers: passedHeaders(headers, api),
			...(limit !== undefined && { limit }),
		},
		// With the provider before it, no alias and no rule is meant.
		preference: { model: `${provider}/${model}`, provider },
		style: null,
		relays: false,
	};
}

/** Throws `GatewayError` for a header that the vendor would make something of that is not known here. */
function passedHeaders(headers: Headers, { headers: known = {} }: NativeApi): Record<string, string> {
	const passed: Record<string, string> = {};
	for (const [name, shape] of Object.entries(known)) {
		const value = headers.get(name);
		if (value === null) continue;
		if (!shape.test(value)) throw unsupportedHeader(name);
		passed[name] = value;
	}
	return passed;
}

function unsupportedHeader(name: string): GatewayError {
	return invalidRequest(
		`\`${name}\` holds what is not passed on: the price, or the vendor's account, may hang on it`,
		name,
	);
}

/** Passes events on as they came. */
class NativeRenderer implements StreamRenderer<NativeChunk> {
	readonly #envelope: Envelope;

	constructor(envelope: Envelope) {
		this.#envelope = envelope;
	}

	chunk({ wire = "" }: NativeChunk): string | Uint8Array {
		return wire;
	}

	silence(): string {
		return ": keep-alive\n\n";
	}

	end(): string {
		return "";
	}

	error(details: ErrorDetails, requestId: RequestId): string {
		const name = this.#envelope === "anthropic" ? "event: error\n" : "";
		return `${name}data: ${JSON.stringify(ENVELOPES[this.#envelope](details, requestId))}\n\n`;
	}
}
