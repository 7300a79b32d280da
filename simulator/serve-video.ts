// Serves simulated vendors' videos: begins jobs, tells how they stand, bills them once, and hands out files.
import { videoFee } from "#catalog/video-price";
import { isObject, type JsonObject } from "#lib/json";
import { sleep } from "#lib/sleep";
import { findModel, isBuiltIn } from "#simulator/model/models";
import { geminiVideos } from "#simulator/wire/videos/gemini";
import { mp4 } from "#simulator/wire/videos/mp4";
import { openaiVideos } from "#simulator/wire/videos/openai";
import { openrouterVideos } from "#simulator/wire/videos/openrouter";
import { siliconflowVideos } from "#simulator/wire/videos/siliconflow";
import { endOf, type VideoAsk, type VideoVendor } from "#simulator/wire/videos/vendor";
import { Refusal } from "#simulator/wire/wire";
import type { SimulatorEnv } from "./env";
import { beforeHeaders, simulated, stateOf } from "./serve";

/** Servers that were added speak as OpenAI does. */
const VENDORS: Readonly<Record<string, VideoVendor>> = {
	openai: openaiVideos,
	openrouter: openrouterVideos,
	siliconflow: siliconflowVideos,
	gemini: geminiVideos,
};

/** What a fault calls a question about a job, as its `model`. */
const QUESTION = "GET /videos";

/** A request about videos. */
interface VideoVisit {
	readonly provider: string;
	readonly vendor: VideoVendor;
	readonly ask: VideoAsk;
	readonly body: unknown;
	readonly headers: Headers;
	/** Aborts when the caller goes away. */
	readonly signal: AbortSignal;
}

/** What a request asks of a vendor's videos; null for anything else. */
export function videoVisit(request: Request, body: unknown): VideoVisit | null {
	const { pathname } = new URL(request.url);
	const [, provider = "", path = ""] = /^\/([^/]*)(?:\/api)?\/v\d+(?:beta)?(\/.*)$/.exec(pathname) ?? [];
	const vendor = VENDORS[provider] ?? (isBuiltIn(provider) ? undefined : openaiVideos);
	const ask = vendor?.at(request.method, path, body) ?? null;
	if (vendor === undefined || ask === null) return null;
	return { provider, vendor, ask, body, headers: request.headers, signal: request.signal };
}

export async function serveVideo(visit: VideoVisit, env: SimulatorEnv): Promise<Response> {
	const { provider, vendor, ask } = visit;
	const { wire } = vendor;
	const state = stateOf(env);
	const id = crypto.randomUUID().replaceAll("-", "");
	const strike = await (ask.kind === "begin"
		? state.takeStrike(provider, [ask.modelId])
		: state.takeListStrike(provider, QUESTION));
	if (strike.latencyMs > 0) await sleep(strike.latencyMs, visit.signal);
	const early = await beforeHeaders(wire, strike, visit.signal, async () => {});
	if (early !== null) return simulated(early);
	try {
		// A link to a file carries no credential.
		if (ask.kind !== "file") wire.admit(visit.headers);
		return simulated(await (ask.kind === "begin" ? begin(visit, ask.modelId, id, env) : about(visit, ask, env)));
	} catch (thrown) {
		if (!(thrown instanceof Refusal)) throw thrown;
		return simulated(Response.json(thrown.body, { status: thrown.status, headers: thrown.headers }));
	}
}

async function begin(visit: VideoVisit, modelId: string, id: string, env: SimulatorEnv): Promise<Response> {
	const { provider, vendor, body } = visit;
	const now = Date.now();
	const model = findModel(provider, modelId);
	if (!isObject(body)) throw vendor.wire.failure(400, "We could not parse the JSON body of your request.");
	if (model === null) throw vendor.wire.noModel(modelId);
	const seat = { provider, modelId, model, id, now, streamPath: "none" } as const;
	const film = vendor.read(body as JsonObject, seat);
	const cost = vendor.bills(videoFee(model, film.seconds, film.size) ?? 0);
	const video = { ...film, id, provider, model: model.id, createdAt: now, asked: 0, cost };
	await stateOf(env).beginVideo(video);
	return Response.json(vendor.begun(video), { headers: vendor.wire.headers(id, now) });
}

async function about({ provider, vendor }: VideoVisit, ask: VideoAsk & { id: string }, env: SimulatorEnv) {
	const state = stateOf(env);
	const video = await state.askVideo(provider, ask.id, ask.kind === "show");
	if (video === null) throw vendor.wire.failure(404, "Not found");
	const end = endOf(video);
	if (ask.kind === "remove") {
		await state.removeVideo(ask.id);
		return Response.json({ id: ask.id, object: "video.deleted", deleted: true });
	}
	if (ask.kind === "show") return Response.json(vendor.shown(video, end));
	if (end !== "completed") throw vendor.wire.failure(404, "Not found");
	const [width = 0, height = 0] = video.size.split("x").map(Number);
	return new Response(mp4(width, height, video.seconds, video.id), { headers: { "content-type": "video/mp4" } });
}
