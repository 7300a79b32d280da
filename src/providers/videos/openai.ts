// The codec of OpenAI's videos, which servers that speak OpenAI's protocol have, too.
import type { Model } from "#catalog/model";
import type { BegunVideo, VideoState, VideosRequest } from "#core/videos/videos";
import { isObject } from "#lib/json";
import type { UpstreamCall, VideosCodec } from "#providers/adapter";
import { malformed } from "#providers/shared/faults";
import { beginning, begunJob, failedWith, filmOf, noStream, objectOf, stateOf } from "./job";

export const openaiVideos: VideosCodec = {
	encode,
	decode: (body, request, model) => begunJob(objectOf(body).id, request, model),
	decoder: noStream,
	question: ({ upstreamId }) => ({ path: pathOf(upstreamId) }),
	state,
	file: ({ upstreamId }) => `${pathOf(upstreamId)}/content`,
	removal: ({ upstreamId }) => pathOf(upstreamId),
};

function pathOf(id: string): string {
	return `/videos/${encodeURIComponent(id)}`;
}

function encode(request: VideosRequest, model: Model): UpstreamCall {
	const film = filmOf(request, model);
	const { reference } = request;
	const body = {
		...request.extensions,
		...request.providerExtensions[model.provider],
		model: model.id,
		prompt: request.prompt,
		seconds: String(film.seconds),
		size: film.size,
		...(reference !== undefined && { input_reference: { image_url: reference } }),
	};
	return beginning("/videos", body, film, model);
}

function state(body: unknown, _: BegunVideo): VideoState {
	const { status, progress, error } = objectOf(body);
	if (status === "failed")
		return failedWith(isObject(error) ? error.code : null, isObject(error) ? error.message : null);
	if (status !== "queued" && status !== "in_progress" && status !== "completed")
		throw malformed("the answer does not say how the job stands");
	return stateOf(status, { progress: typeof progress === "number" ? progress : null });
}
