// The codec of Gemini's videos: Veo's long-running operations.
import type { Model } from "#catalog/model";
import { unsupportedParameter } from "#core/errors";
import type { BegunVideo, VideoState, VideosRequest } from "#core/videos/videos";
import { isObject } from "#lib/json";
import type { UpstreamCall, VideosCodec } from "#providers/adapter";
import { beginning, begunJob, failedWith, filmOf, inlinePicture, noStream, objectOf, stateOf } from "./job";

export const geminiVideos: VideosCodec = {
	encode,
	decode: (body, request, model) => begunJob(objectOf(body).name, request, model),
	decoder: noStream,
	question: ({ upstreamId }) => ({ path: `/${upstreamId.split("/").map(encodeURIComponent).join("/")}` }),
	state,
	file: ({ file }) => file,
	removal: () => null,
};

/** Veo's own words for its sizes, by the shorter side in pixels. */
const RESOLUTIONS: Readonly<Record<number, string>> = { 720: "720p", 1080: "1080p", 2160: "4k" };
/** Longer videos alone are made larger than this. */
const LARGE_SECONDS = 8;

function encode(request: VideosRequest, model: Model): UpstreamCall {
	const film = filmOf(request, model);
	const [width = 0, height = 0] = film.size.split("x").map(Number);
	const resolution = RESOLUTIONS[Math.min(width, height)];
	if (resolution === undefined) throw unsupportedParameter("size", `\`${model.id}\` makes no videos of ${film.size}`);
	if (resolution !== "720p" && film.seconds !== LARGE_SECONDS) {
		throw unsupportedParameter(
			"size",
			`\`${model.id}\` makes videos of ${film.size} of ${LARGE_SECONDS} seconds alone`,
		);
	}
	const { reference, user } = request;
	const picture = reference === undefined ? null : inlinePicture(reference);
	if (reference !== undefined && picture === null)
		throw unsupportedParameter("input_reference", `\`${model.id}\` takes a picture only as a file or a data URL`);
	const body = {
		instances: [
			{
				prompt: request.prompt,
				...(picture !== null && { image: { bytesBase64Encoded: picture.base64, mimeType: picture.type } }),
			},
		],
		parameters: {
			...request.providerExtensions[model.provider],
			aspectRatio: width > height ? "16:9" : "9:16",
			durationSeconds: film.seconds,
			resolution,
		},
	};
	const call = beginning(`/models/${encodeURIComponent(model.id)}:predictLongRunning`, body, film, model);
	return { ...call, dropped: user === undefined ? [] : ["user"] };
}

function state(body: unknown, _: BegunVideo): VideoState {
	const { done, error, response } = objectOf(body);
	if (done !== true) return stateOf("in_progress");
	if (isObject(error)) return failedWith(null, error.message);
	const answer = isObject(response) && isObject(response.generateVideoResponse) ? response.generateVideoResponse : {};
	const [first] = Array.isArray(answer.generatedSamples) ? answer.generatedSamples : [];
	const video = isObject(first) && isObject(first.video) ? first.video : {};
	if (typeof video.uri === "string") return stateOf("completed", { file: video.uri });
	// What its filters take out is not billed.
	const [reason] = Array.isArray(answer.raiMediaFilteredReasons) ? answer.raiMediaFilteredReasons : [];
	return failedWith("content_policy_violation", reason);
}
