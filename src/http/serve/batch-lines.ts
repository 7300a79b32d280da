// Reads the file of a batch: each of its lines is a request to the vendor's own API, and held to what such a one may
// hold.
import { GatewayError, invalidRequest, quoted } from "#core/errors";
import { nativeFace } from "#faces/native/index";
import type { BatchRequest } from "#gateway/batches/batch-order";
import { boundedJson } from "#http/request/json-body";
import { isObject, type JsonObject } from "#lib/json";
import type { Provider } from "#providers/provider";

/** The most requests of one batch: each is held for, and brought to its true cost, by itself. */
const MAX_BATCH_LINES = 1_000;
/** The longest name that a caller may give to a line, in characters. */
const MAX_CUSTOM_ID_CHARACTERS = 128;
const UTF_8 = new TextEncoder();

/** The requests of a batch at a provider. Throws `GatewayError` 400 that names the first line that is not good. */
export function readBatchLines(text: string, endpoint: string, { name, adapter }: Provider): BatchRequest[] {
	const face = nativeFace("openai", {
		provider: name,
		api: adapter.native?.api ?? null,
		path: endpoint,
		query: new URLSearchParams(),
		headers: new Headers(),
	});
	const names = new Set<string>();
	const requests: BatchRequest[] = [];
	for (const [index, line] of text.split("\n").entries()) {
		if (line.trim() === "") continue;
		if (requests.length === MAX_BATCH_LINES) throw inFile(`it has more than ${MAX_BATCH_LINES} lines`);
		try {
			const { customId, body } = lineOf(boundedJson(UTF_8.encode(line)), endpoint);
			if (names.has(customId)) throw invalidRequest(`\`custom_id\` ${quoted(customId)} stands in two lines`);
			names.add(customId);
			const { request, preference } = face.parse(withoutPrefix(body, name), () => undefined, {});
			if (request.endpoint.charge !== "usage") throw invalidRequest(`batches are not served at ${endpoint}`);
			requests.push({ customId, request, preference });
		} catch (error) {
			if (!(error instanceof GatewayError)) throw error;
			const { message, code } = error.details;
			throw inFile(`line ${index + 1}: ${message.replace(/^\[gateway\] /, "")} (${code})`);
		}
	}
	if (requests.length === 0) throw inFile("it has no lines");
	return requests;
}

function lineOf(line: unknown, endpoint: string): { customId: string; body: JsonObject } {
	if (!isObject(line)) throw invalidRequest("it is no JSON object");
	const { custom_id: customId, method, url, body } = line;
	if (typeof customId !== "string" || customId === "" || customId.length > MAX_CUSTOM_ID_CHARACTERS) {
		throw invalidRequest(`\`custom_id\` must be a text of 1 to ${MAX_CUSTOM_ID_CHARACTERS} characters`);
	}
	if (method !== "POST") throw invalidRequest("`method` must be `POST`");
	if (url !== endpoint) throw invalidRequest(`\`url\` must be the batch's endpoint, ${endpoint}`);
	if (!isObject(body)) throw invalidRequest("`body` must be a JSON object");
	if (body.stream === true) throw invalidRequest("nothing is streamed in a batch");
	if (![undefined, null, "auto", "default"].includes(body.service_tier as never)) {
		throw invalidRequest("a batch has a price of its own, and no `service_tier`");
	}
	return { customId, body: body as JsonObject };
}

/** Callers name models with their provider; the vendor does not. */
function withoutPrefix(body: JsonObject, provider: string): JsonObject {
	const { model } = body;
	const prefix = `${provider}/`;
	const isPrefixed = typeof model === "string" && model.startsWith(prefix);
	return isPrefixed ? { ...body, model: model.slice(prefix.length) } : body;
}

function inFile(what: string): GatewayError {
	return invalidRequest(`the file of the batch cannot be worked through: ${what}`, "input_file_id");
}
