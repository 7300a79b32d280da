// The codec of SiliconFlow's videos: a job is submitted, and asked about by its id; the file is behind a link.
import type { Model } from "#catalog/model";
import type { BegunVideo, VideoState, VideosRequest } from "#core/videos/videos";
import { isObject } from "#lib/json";
import type { UpstreamCall, VideosCodec } from "#providers/adapter";
import { malformed } from "#providers/shared/faults";
import { beginning, begunJob, failedWith, filmOf, noStream, objectOf, stateOf } from "./job";

export const siliconflowVideos: VideosCodec = {
	encode,
	decode: (body, request, model) => begunJob(objectOf(body).requestId, request, model),
	decoder: noStream,
	question: ({ upstreamId }) => ({ path: "/video/status", body: { requestId: upstreamId } }),
	state,
	file: ({ file }) => file,
	removal: () => null,
};

function encode(request: VideosRequest, model: Model): UpstreamCall {
	const film = filmOf(request, model);
	const { reference } = request;
	const body = {
		...request.providerExtensions[model.provider],
		model: model.id,
		prompt: request.prompt,
		image_size: film.size,
		...(reference !== undefined && { image: reference }),
	};
	const call = beginning("/video/submit", body, film, model);
	return { ...call, dropped: request.user === undefined ? [] : ["user"] };
}

function state(body: unknown, _: BegunVideo): VideoState {
	const { status, reason, results } = objectOf(body);
	switch (status) {
		case "InQueue":
			return stateOf("queued");
		case "InProgress":
			return stateOf("in_progress");
		case "Failed":
			return failedWith(null, reason);
		case "Succeed":
			return stateOf("completed", { file: fileIn(results) });
		default:
			throw malformed("the answer does not say how the job stands");
	}
}

function fileIn(results: unknown): string {
	const [first] = isObject(results) && Array.isArray(results.videos) ? results.videos : [];
	if (!isObject(first) || typeof first.url !== "string") throw malformed("the answer names no video");
	return first.url;
}
