// The codec of OpenRouter's videos: many vendors' models behind one queue, which tells what each job cost.
import type { Model } from "#catalog/model";
import type { BegunVideo, VideoState, VideoStatus, VideosRequest } from "#core/videos/videos";
import { isObject } from "#lib/json";
import type { UpstreamCall, VideosCodec } from "#providers/adapter";
import { malformed } from "#providers/shared/faults";
import { beginning, begunJob, failedWith, filmOf, noStream, objectOf, stateOf } from "./job";

export const openrouterVideos: VideosCodec = {
	encode,
	decode: (body, request, model) => begunJob(objectOf(body).id, request, model),
	decoder: noStream,
	question: ({ upstreamId }) => ({ path: `/videos/${encodeURIComponent(upstreamId)}` }),
	state,
	file: ({ upstreamId }) => `/videos/${encodeURIComponent(upstreamId)}/content?index=0`,
	removal: () => null,
};

function encode(request: VideosRequest, model: Model): UpstreamCall {
	const film = filmOf(request, model);
	const { reference, user } = request;
	const frame = { type: "image_url", image_url: { url: reference ?? "" }, frame_type: "first_frame" };
	const body = {
		...request.extensions,
		...request.providerExtensions[model.provider],
		model: model.id,
		prompt: request.prompt,
		duration: film.seconds,
		size: film.size,
		...(reference !== undefined && { frame_images: [frame] }),
		...(user !== undefined && { user }),
	};
	return beginning("/videos", body, film, model);
}

const STATUSES: Readonly<Record<string, VideoStatus>> = {
	pending: "queued",
	in_progress: "in_progress",
	completed: "completed",
};
/** Jobs that came to nothing; the word is the reason where none is given. */
const ENDED = new Set(["failed", "cancelled", "expired"]);

function state(body: unknown, _: BegunVideo): VideoState {
	const { status, error, usage } = objectOf(body);
	if (typeof status !== "string") throw malformed("the answer does not say how the job stands");
	const cost = isObject(usage) ? nanoUsdOf(usage.cost) : null;
	if (ENDED.has(status)) return failedWith(`video_${status}`, error, { cost });
	const known = STATUSES[status];
	if (known === undefined) throw malformed(`a job is not known to be ${status.slice(0, 40)}`);
	return stateOf(known, { cost: known === "completed" ? cost : null });
}

/** Dollars as whole nano-dollars, upwards but for what the number's own form adds; null for what is no amount. */
function nanoUsdOf(dollars: unknown): number | null {
	if (typeof dollars !== "number" || !(dollars >= 0) || dollars > 1e6) return null;
	return Math.ceil(Number((dollars * 1e9).toFixed(3)));
}
