// Answers one request to a simulated vendor: reads it in the vendor's format, plays the scripted fault, bills, and
// writes.
import type { Usage } from "#core/chat/usage";
import type { JsonObject } from "#lib/json";
import { isObject } from "#lib/json";
import { sleep } from "#lib/sleep";
import { costOf } from "#metering/cost";
import { connectionLost, deliver, hang } from "#simulator/faults/deliver";
import type { Strike } from "#simulator/faults/faults";
import { script } from "#simulator/faults/script";
import { answer, type Draft, saying, silence } from "#simulator/model/model-behaviour";
import { findModel } from "#simulator/model/models";
import { answerUsage, drawnOf, usageOf } from "#simulator/model/usage";
import { type Frame, type Play, Refusal, type Seat, type Wire } from "#simulator/wire/wire";
import type { SimulatorEnv } from "./env";
import type { SimulatorState } from "./state";

/** One request to a simulated vendor. */
export interface Visit {
	readonly wire: Wire;
	readonly provider: string;
	/** The model's id as asked for; empty when the request names none. */
	readonly modelId: string;
	/** The parsed body; undefined when it is not JSON. */
	readonly body: unknown;
	readonly streamPath: Seat["streamPath"];
	readonly headers: Headers;
	/** Aborts when the caller goes away. */
	readonly signal: AbortSignal;
}

export function stateOf(env: SimulatorEnv): DurableObjectStub<SimulatorState> {
	return env.SIMULATOR_STATE.getByName("state");
}

/** Marks an answer as made by the simulator. */
export function simulated(response: Response): Response {
	response.headers.set("x-tollgate-simulated", "true");
	return response;
}

/** Answers as the vendor would, as far as the scripted faults let it, and enters the bill into the books. */
export async function serve(visit: Visit, env: SimulatorEnv, execution: ExecutionContext): Promise<Response> {
	const { wire, provider, signal } = visit;
	const now = Date.now();
	const id = crypto.randomUUID().replaceAll("-", "");
	const model = findModel(provider, visit.modelId);
	const book = (nanoUsd: number | null) =>
		stateOf(env).book(provider, model?.id ?? visit.modelId.slice(0, 200), nanoUsd);
	const strike = await stateOf(env).takeStrike(provider, model === null ? [visit.modelId] : [visit.modelId, model.id]);

	if (strike.latencyMs > 0) await sleep(strike.latencyMs, signal);
	const early = await beforeHeaders(wire, strike, signal, book);
	if (early !== null) return simulated(early);

	let play: Play;
	let seat: Seat;
	try {
		wire.admit(visit.headers);
		if (!isObject(visit.body)) throw wire.failure(400, "We could not parse the JSON body of your request.");
		if (model === null) throw wire.noModel(visit.modelId);
		seat = { provider, modelId: visit.modelId, model, id, now, streamPath: visit.streamPath };
		play = wire.read(visit.body as JsonObject, seat);
		const { longest = play.input.total } = play;
		if (model.context !== null && longest > model.context) throw wire.tooLong(model.context, longest);
	} catch (thrown) {
		if (!(thrown instanceof Refusal)) throw thrown;
		await book(null);
		return simulated(refused(thrown, wire.headers(id, now)));
	}

	// An image comes whole even where it comes as the bytes of its file.
	const isWhole = !play.stream || play.streamType?.startsWith("image/") === true;
	if (strike.disruption?.fault === "error_frame" && isWhole) {
		await book(null);
		return simulated(Response.json(wire.failure(502).body, { headers: wire.headers(id, now) }));
	}
	const isSilent = strike.disruption?.fault === "says_nothing";
	const drafts = isSilent
		? silence(play.question)
		: play.says === undefined
			? answer(play.question)
			: saying(play.says);
	// A model that says nothing draws nothing.
	const made = isSilent ? undefined : play.made;
	const usage = usedBy(play, drafts, made);
	const price = (output: number) => {
		if (play.flat !== undefined) return isSilent ? 0 : play.flat;
		const used = usageOf(play.input, output, Math.min(output, usage.reasoning));
		const drawn = made === undefined ? {} : { images: made.units, imageOutput: drawnOf(usage, output) };
		const heard = usage.audio === undefined ? {} : { audio: usage.audio };
		// Sound comes last, as pictures do.
		const audioOutput = Math.max(0, output - (usage.output - usage.audioOutput));
		return costOf({ ...used, ...drawn, ...heard, audioOutput }, seat.model, now, play.serviceTier) ?? 0;
	};
	const given = { drafts, usage, cost: price(usage.output) };
	const whole = () => (isSilent ? (play.nothing?.() ?? play.whole(given)) : play.whole(given));
	const frames = play.stream ? play.frames(given) : wholeFrames(wire, whole(), usage.output);
	const cues = script(frames, strike, wire.errorFrame());

	let settled: () => void = () => {};
	// Keeps the invocation alive until the bill is entered, even when the caller goes away.
	execution.waitUntil(
		new Promise<void>((resolve) => {
			settled = resolve;
		}),
	);
	const body = deliver(cues, async (output) => {
		await book(price(output));
		settled();
	});
	const type = play.stream ? (play.streamType ?? "text/event-stream; charset=utf-8") : "application/json";
	return simulated(new Response(body, { headers: { ...wire.headers(id, now), "content-type": type } }));
}

/** What a fault answers before the request is even looked at; null when none does. */
export async function beforeHeaders(
	wire: Wire,
	{ disruption }: Strike,
	signal: AbortSignal,
	book: (nanoUsd: null) => Promise<void>,
): Promise<Response | null> {
	switch (disruption?.fault) {
		case "error": {
			await book(null);
			const own = wire.failure(disruption.status);
			const { body = own.body, headers = own.headers } = disruption;
			const isText = typeof body === "string" && disruption.body !== undefined;
			return new Response(isText ? body : JSON.stringify(body), {
				status: disruption.status,
				headers: { "content-type": isText ? "text/plain" : "application/json", ...headers },
			});
		}
		case "hang_before_headers":
			await book(null);
			await hang(signal);
			throw connectionLost();
		case "reset":
			await book(null);
			throw connectionLost();
		case "empty":
			await book(null);
			return new Response("", { headers: { "content-type": "application/json" } });
		case "html":
			await book(null);
			return new Response(
				"<!doctype html>\n<html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>\n",
				{
					status: disruption.status ?? 200,
					headers: { "content-type": "text/html; charset=utf-8" },
				},
			);
		default:
			return null;
	}
}

/** What is spoken is counted by the wire, not by its words. */
function usedBy({ input, spoken, voiced, audio }: Play, drafts: readonly Draft[], made: Play["made"]): Usage {
	const usage = spoken === undefined ? answerUsage(input, drafts, made) : usageOf(input, spoken, 0);
	if (voiced !== undefined) {
		const sound = drafts.reduce((sum, { text }) => sum + (text === "" ? 0 : voiced(text)), 0);
		return { ...usage, output: usage.output + sound, audioOutput: sound };
	}
	return audio === undefined ? usage : { ...usage, audio };
}

function refused(refusal: Refusal, headers: Record<string, string>): Response {
	return Response.json(refusal.body, { status: refusal.status, headers: { ...headers, ...refusal.headers } });
}

/** A whole answer in two halves, so that a fault can fall between them; all its tokens are spent before the first. */
function wholeFrames(wire: Wire, body: JsonObject, output: number): Frame[] {
	const text = wire.lead + JSON.stringify(body);
	const half = text.length >> 1;
	const middle = /[\uDC00-\uDFFF]/.test(text.charAt(half)) ? half + 1 : half;
	return [
		{ text: text.slice(0, middle), tokens: output },
		{ text: text.slice(middle), tokens: 0 },
	];
}
