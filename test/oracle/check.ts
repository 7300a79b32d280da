/**
 * The judge of every answer that a test sees: `checked(fetch)` is a `fetch` that throws when an answer of the gateway
 * is not what the own SDK of the protocol's vendor declares, and `checkAnswer` does the same for one response.
 */
import { afterEach } from "vitest";
import {
	anthropicError as validAnthropicError,
	anthropicModel as validAnthropicModel,
	anthropicModels as validAnthropicModels,
	completion as validCompletion,
	tokensCount as validCount,
	embeddings as validEmbeddings,
	error as validError,
	wholeMessage as validMessage,
	model as validModel,
	models as validModels,
	response as validResponse,
	textCompletion as validTextCompletion,
} from "../../.generated/oracle.mjs";
import { AudioStreamRules } from "./audio-stream";
import { ImageStreamRules } from "./image-stream";
import { checkMessage, MessageRules } from "./messages";
import { ResponsesStreamRules } from "./responses-stream";
import { checkCompletion, checkResponse, checkShape, checkTextCompletion, isRecord, Violation } from "./rules";
import { StreamRules } from "./stream";
import { TextStreamRules } from "./text-stream";

/** Kept as well as thrown: a client may swallow what its `fetch` throws, or a test may expect it to fail. */
const violations: Violation[] = [];

afterEach(() => {
	const found = violations.splice(0);
	if (found.length > 0) throw new AggregateError(found, found.map(({ message }) => message).join("\n\n"));
});

/** Runs `test`, whose answers must break the contract, and returns how they did: for testing the judge itself. */
export async function violationsOf(test: () => Promise<unknown>): Promise<string[]> {
	await test().catch((error: unknown) => {
		if (!(error instanceof Violation)) throw error;
	});
	return violations.splice(0).map(({ message }) => message);
}

/** A `fetch` that judges every answer. */
export function checked(send: typeof fetch): typeof fetch {
	return async (input: RequestInfo | URL, init?: RequestInit) => {
		const url = input instanceof Request ? input.url : String(input);
		// With these, clients try what their `fetch` can do.
		if (url.startsWith("data:")) return send(input, init);
		return checkAnswer(await send(input, init), new URL(url).pathname);
	};
}

/**
 * Returns an equal response, or throws `Violation`. A JSON body is judged at once; a stream while it is read, so that
 * its reader fails at the event that is wrong, and at the end if that is.
 */
export async function checkAnswer(response: Response, path: string): Promise<Response> {
	if (path.startsWith("/_simulator")) return response;
	return judging(async () => {
		const requestId = response.headers.get("x-request-id");
		if (!requestId) throw new Violation(`no x-request-id on ${response.status} from ${path}`, "");
		if (response.headers.get("x-content-type-options") !== "nosniff") {
			throw new Violation(`no nosniff on ${response.status} from ${path}`, "");
		}
		if (response.status >= 300 && response.status < 400 && response.status !== 304)
			throw new Violation(`a redirect from ${path}`, "");
		if (path.startsWith("/native/")) {
			// What a vendor wrote is its own affair, as long as no browser takes it for a page of the gateway's.
			const policy = response.headers.get("content-security-policy");
			if (policy !== "sandbox; default-src 'none'") throw new Violation(`no sandbox on ${path}`, policy);
			if (response.headers.has("set-cookie")) throw new Violation(`a cookie from ${path}`, "");
			return response;
		}
		const type = response.headers.get("content-type") ?? "";
		if (type.startsWith("text/event-stream") && response.ok) {
			if (type !== "text/event-stream; charset=utf-8") throw new Violation(`a stream of ${type} from ${path}`, "");
			return stream(response, rulesOf(path, requestId));
		}
		if (response.body === null) {
			if (response.status >= 400) throw new Violation(`${response.status} from ${path} without a body`, "");
			return response;
		}
		if (!/^application\/json\b/.test(type)) {
			// What a file holds is its team's own affair, as long as no browser takes it for a page.
			if (/^\/v1\/files\/[^/]+\/content$/.test(path) && type === "application/octet-stream") return response;
			if (response.ok && isSound(type, path)) return response;
			const isFile = /^\/v1\/videos\/[^/]+\/content$/.test(path) && type === "video/mp4";
			if (response.status >= 400 || (path.startsWith("/v1/") && !isFile))
				throw new Violation(`${type} from ${path}`, "");
			return response;
		}
		const text = await response.text();
		judgeJson(text, response, path, requestId);
		return new Response(text, response);
	});
}

function judgeJson(text: string, { ok, status, headers }: Response, path: string, requestId: string): void {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw new Violation(`${status} from ${path} is not JSON`, text);
	}
	if (!ok) {
		const id = errorId(value, `the ${status} from ${path}`, path);
		if (id !== requestId) throw new Violation(`the error names request ${id}, its headers ${requestId}`, value);
		const retryAfter = headers.get("retry-after");
		if (retryAfter !== null && !/^\d+$/.test(retryAfter)) throw new Violation(`retry-after: ${retryAfter}`, value);
		return;
	}
	if (path.endsWith("/responses") || (/\/responses\/resp_\w+$/.test(path) && !isDeleted(value))) {
		checkShape(validResponse, value, "the response");
		checkResponse(value);
		return;
	}
	// A job that failed says why, and one that has not says that there is nothing to say.
	const isJob = isRecord(value) && value.object === "video";
	if (isRecord(value) && "error" in value && !isJob)
		throw new Violation(`an error inside a ${status} from ${path}`, value);
	if (path.endsWith("/count_tokens")) checkShape(validCount, value, "the count");
	else if (isMessages(path)) {
		checkShape(validMessage, value, "the message");
		checkMessage(value);
	} else if (path.endsWith("/chat/completions")) {
		checkShape(validCompletion, value, "the completion");
		checkCompletion(value);
	} else if (path.endsWith("/completions")) {
		checkShape(validTextCompletion, value, "the completion");
		checkTextCompletion(value);
	} else if (path.endsWith("/embeddings")) checkShape(validEmbeddings, value, "the embeddings");
	else if (path.startsWith("/api/")) return;
	else if (path.endsWith("/v1/models"))
		checkShape(isOpenai(value) ? validModels : validAnthropicModels, value, "the list of models");
	else if (path.includes("/v1/models/"))
		checkShape(isOpenai(value) ? validModel : validAnthropicModel, value, "the model");
}

function isDeleted(value: unknown): boolean {
	return isRecord(value) && value.deleted === true;
}

/** Sound, or what was heard as text or subtitles. */
function isSound(type: string, path: string): boolean {
	if (path.endsWith("/audio/speech")) return type.startsWith("audio/");
	return path.includes("/audio/trans") && /^text\/(?:plain|vtt); charset=utf-8$/.test(type);
}

function isMessages(path: string): boolean {
	return path.endsWith("/messages") || path.includes("/messages/");
}

/** Lists and models of OpenAI's say what they are; Anthropic's clients say beside the path that they want the other. */
function isOpenai(value: unknown): boolean {
	return isRecord(value) && "object" in value;
}

/** Which request an error names, in the envelope of the face at its path. */
function errorId(value: unknown, what: string, path: string): string {
	if (isMessages(path) || (path.includes("/models") && isRecord(value) && "type" in value)) {
		checkShape(validAnthropicError, value, what);
		return (value as { request_id: string }).request_id;
	}
	checkShape(validError, value, what);
	return (value as { error: { request_id: string } }).error.request_id;
}

type Rules = AudioStreamRules | ImageStreamRules | StreamRules | TextStreamRules | MessageRules | ResponsesStreamRules;

function rulesOf(path: string, requestId: string): Rules {
	if (path.endsWith("/responses")) return new ResponsesStreamRules(requestId);
	if (path.includes("/audio/")) return new AudioStreamRules(requestId);
	if (path.includes("/images/")) return new ImageStreamRules(requestId);
	if (path.endsWith("/completions") && !path.endsWith("/chat/completions")) return new TextStreamRules(requestId);
	return isMessages(path) ? new MessageRules(requestId) : new StreamRules(requestId);
}

function stream(response: Response, rules: Rules): Response {
	if (response.body === null) throw new Violation("an event stream without a body", "");
	const decoder = new TextDecoder();
	const judge = new TransformStream<Uint8Array, Uint8Array>({
		transform: (bytes, controller) =>
			judging(() => {
				rules.push(decoder.decode(bytes, { stream: true }));
				controller.enqueue(bytes);
			}),
		flush: () => judging(() => rules.end()),
	});
	return new Response(response.body.pipeThrough(judge), response);
}

async function judging<T>(judge: () => T | Promise<T>): Promise<T> {
	try {
		return await judge();
	} catch (error) {
		if (error instanceof Violation) violations.push(error);
		throw error;
	}
}
