// Serves a request of a face over HTTP, from the body that was read to the last byte of the answer.
import { type ErrorDetails, GatewayError } from "#core/errors";
import { UpstreamError } from "#core/fault";
import type { ContinuedBody, Face, Parsed, RawAnswer } from "#faces/face";
import type { Answer } from "#gateway/attempts/answer";
import { Failover } from "#gateway/attempts/failover";
import { platformPorts } from "#gateway/attempts/platform-ports";
import { servedBy } from "#gateway/attempts/served";
import { logRequest } from "#gateway/record/log-line";
import { PayloadCapture } from "#gateway/record/payload-capture";
import { RequestRecorder } from "#gateway/record/request-recorder";
import { stateInForce } from "#gateway/spending/admission";
import { SpendRefused } from "#gateway/spending/reservation";
import { callerLeft, faultError } from "#gateway/upstream/fault-error";
import { callerAddress } from "#http/auth/caller-address";
import type { SpendCall } from "#http/call";
import { errorDetails, INTERNAL } from "#http/errors";
import { isLookedUpById } from "#http/paths";
import { checkLabels, labelsOf } from "#http/request/labels";
import { requestedPayloadLevel, timeLimits } from "#http/request/request-options";
import { limitHeaders } from "#http/response/limit-headers";
import { servedHeaders } from "#http/response/served-headers";
import { parseJson } from "#lib/json";
import { usdString } from "#metering/money";
import { eventStream } from "./event-stream";
import { readRequest } from "./read-request";
import { keepAnswer } from "./stored-responses";

/** A request on its way, and what is recorded of it. */
interface Run {
	readonly face: Face;
	readonly call: SpendCall;
	readonly recorder: RequestRecorder;
	readonly parsed: Parsed;
	/** What is stored with the answer, if policy still allows it then; null when nothing is. */
	readonly kept: ContinuedBody | null;
	readonly failover: Failover;
	readonly payload: PayloadCapture;
	/** Aborts when the caller leaves or is cut off. */
	readonly caller: AbortSignal;
}

/** What is done with an answer before its caller has it. */
type Begun = (run: Pick<Run, "call" | "failover">, answer: Answer) => Promise<void>;

/**
 * Serves the requests of a face: each is read, routed, held for and sent, and what becomes of it is recorded and
 * written as the face does; `begun` may refuse an answer before that. Throws the `GatewayError` that the caller gets,
 * recorded already.
 */
export function serve(face: Face, begun: Begun = async () => {}): (call: SpendCall) => Promise<Response> {
	return (call) => served(face, call, begun);
}

async function served(face: Face, call: SpendCall, begun: Begun): Promise<Response> {
	const { env, config, execution, isolate, headers, requestId, receivedAt: at, identified } = call;
	const { keyId, teamId } = identified.record;
	let payload: PayloadCapture | null = null;
	const recorder = new RequestRecorder(
		{ requestId, at, keyId, teamId, face: face.name },
		() => labelsOf(headers),
		(record) => {
			logRequest(record, config.logLevel);
			isolate.settlements.record(call, keyId, record);
			if (payload?.isOn) execution.waitUntil(payload.keep(env, config, record));
		},
	);
	try {
		const run = await readRun(face, call, recorder);
		payload = run.payload;
		const answer = await answered(run);
		await begun(run, answer);
		return rendered(run, answer);
	} catch (error) {
		const details = error instanceof GatewayError ? error.details : INTERNAL;
		payload?.answered(face.error(details, requestId));
		recorder.close(details.status, details, isolate.clock(), null);
		throw error;
	}
}

async function readRun(face: Face, call: SpendCall, recorder: RequestRecorder): Promise<Run> {
	const { env, execution, isolate, identified, requestId, receivedAt, claim } = call;
	const { headers } = call;
	const { signal } = call.request;
	checkLabels(headers);
	const limits = timeLimits(headers);
	const requestedLevel = requestedPayloadLevel(headers);
	const { body, kept, parsed, serving, routing } = await readRequest(face, call, identified.record, () =>
		stateInForce(call, identified, identified.record, receivedAt),
	);
	const { request, preference } = parsed;
	recorder.requested(request.stream, preference.model ?? preference.models?.[0] ?? null, request.user ?? null);
	const cut = new AbortController();
	const caller = AbortSignal.any([signal, cut.signal]);
	const address = callerAddress(call);
	const on = {
		env,
		execution,
		isolate,
		identified,
		address,
		requestId,
		receivedAt,
		serving,
		recorder,
		claim,
		cut,
		routing,
	};
	return {
		face,
		call,
		recorder,
		parsed,
		kept,
		caller,
		payload: new PayloadCapture(identified.record.policy.payloads, requestedLevel, isolate.random(), body),
		failover: new Failover(
			{
				operation: face.operation,
				request,
				caller,
				receivedAt,
				relayTo: parsed.relays && kept === null && !isLookedUpById(call.request.url) ? face.name : null,
			},
			identified.record,
			limits,
			platformPorts(on),
		),
	};
}

async function answered(run: Run): Promise<Answer> {
	const { recorder, failover } = run;
	try {
		return await failover.run();
	} catch (error) {
		return fail(run, error);
	} finally {
		recorder.planned(failover.plan);
	}
}

/** Throws what the caller is told, with the headers that say how far its request came. */
function fail(run: Run, error: unknown): never {
	if (error instanceof SpendRefused) {
		throw error.error.with({ headers: { ...routedHeaders(run), ...limitHeaders(error.limits) } });
	}
	if (!(error instanceof GatewayError)) throw error;
	throw error.with({ headers: { ...error.details.headers, ...routedHeaders(run) } });
}

function routedHeaders({ call, failover }: Run): Record<string, string> {
	const now = call.isolate.clock();
	const served = servedBy(failover, now);
	if (served !== null) return servedHeaders(served, call.receivedAt, now);
	return failover.plan === null ? {} : { "x-tollgate-strategy": failover.plan.strategy };
}

/** A whole answer as JSON: its own text where it came in the caller's protocol. */
function wholeText(
	{ face, call, parsed }: Run,
	{ source, whole, bill }: Answer & { kind: "whole" },
	isStored: boolean,
): string {
	const { usage, cost } = bill;
	if (whole.passed !== undefined && face.passed !== undefined) return face.passed(whole.passed, usage, cost);
	const { requestId, receivedAt } = call;
	const head = { requestId, receivedAt, model: whole.model ?? source.model, isStored };
	return JSON.stringify(face.whole(head, whole, usage, cost, parsed.style));
}

function rendered(run: Run, answer: Answer): Response {
	const { face, call, recorder, parsed, caller, payload } = run;
	const { source } = answer;
	recorder.served(source);
	payload.govern(source.policy.payloads);
	const { requestId, receivedAt } = call;
	const kept = source.policy.storedResponses === true ? run.kept : null;
	const isStored = kept !== null;
	const keep = (body: Record<string, unknown> | null | undefined): void => {
		if (isStored && body != null) keepAnswer(call, call.identified.record, kept, body);
	};
	const headers = routedHeaders(run);
	if (answer.kind === "whole") {
		const { usage, cost } = answer.bill;
		const more = { ...headers, ...(cost !== null && { "x-tollgate-cost": usdString(cost) }) };
		const raw = face.raw?.(answer.whole, usage, cost, parsed.style) ?? null;
		if (raw !== null) {
			if (payload.isOn) payload.answered(shownOf(raw));
			recorder.close(raw.status, null, call.isolate.clock(), null);
			return new Response(raw.body, { status: raw.status, headers: { ...raw.headers, ...more } });
		}
		const text = wholeText(run, answer, isStored);
		const body = payload.isOn || isStored ? JSON.parse(text) : null;
		if (payload.isOn) payload.answered(body);
		keep(body);
		recorder.close(200, null, call.isolate.clock(), null);
		return new Response(text, { headers: { "content-type": "application/json", ...more } });
	}
	const { stream } = answer;
	// Before anything of it is passed on.
	const type = stream.media;
	const close = (status: number, error: ErrorDetails | null) =>
		recorder.close(status, error, call.isolate.clock(), source.firstAt);
	caller.addEventListener("abort", () => {
		if (!(caller.reason instanceof GatewayError)) close(499, callerLeft().details);
	});
	const media = face.media?.(parsed.style) ?? null;
	const renderer = face.stream({ requestId, receivedAt, model: stream.model ?? source.model, isStored }, parsed.style);
	const body = eventStream(stream, {
		renderer,
		requestId,
		explain: (error) =>
			error instanceof UpstreamError
				? faultError(error.fault, source.provider).details
				: errorDetails(error, requestId),
		...(payload.isOn && media === null && { onText: (text: string) => payload.streamed(text) }),
		onEnd: (error) => {
			close(200, error);
			if (error === null) keep(renderer.whole);
		},
		onLeave: () => close(499, callerLeft().details),
	});
	return new Response(body, {
		headers: {
			// Clients that are told no charset read what is not ASCII as Latin-1.
			"content-type": media === null ? "text/event-stream; charset=utf-8" : (type ?? media),
			"cache-control": "no-store",
			"x-accel-buffering": "no",
			...headers,
		},
	});
}

/** What is kept of an answer that is no JSON of the face's own: JSON or text, and nothing of what is neither. */
function shownOf({ headers, body }: RawAnswer): unknown {
	const text = new TextDecoder().decode(body);
	return parseJson(text) ?? (headers["content-type"]?.startsWith("text/") ? text : null);
}
