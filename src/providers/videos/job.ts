// What the codecs of videos share: what is asked for and its price, and reading how a job stands.
import type { Model } from "#catalog/model";
import { videoFee } from "#catalog/video-price";
import { unsupportedParameter } from "#core/errors";
import type { VideoJob, VideoState, VideoStatus, VideosRequest } from "#core/videos/videos";
import { isObject, type JsonObject } from "#lib/json";
import type { UpstreamCall } from "#providers/adapter";
import { malformed } from "#providers/shared/faults";
import { isWord } from "#providers/shared/json-shape";

/** What is asked for, as its model has it. */
interface Film {
	readonly seconds: number;
	readonly size: string;
}

/** Throws `GatewayError` for a length or a size that the model does not make. */
export function filmOf({ seconds, size }: VideosRequest, { id, traits: { video } }: Model): Film {
	if (video === undefined) {
		if (seconds === undefined)
			throw unsupportedParameter("seconds", `\`${id}\` needs \`seconds\`: nothing is known of it`);
		if (size === undefined) throw unsupportedParameter("size", `\`${id}\` needs \`size\`: nothing is known of it`);
		return { seconds, size };
	}
	const [usualSeconds = 0] = video.seconds;
	const [usualSize = ""] = video.sizes;
	const film = { seconds: seconds ?? usualSeconds, size: size ?? usualSize };
	if (!video.seconds.includes(film.seconds))
		throw unsupportedParameter("seconds", `\`${id}\` makes videos of ${video.seconds.join(", ")} seconds`);
	if (!video.sizes.includes(film.size))
		throw unsupportedParameter("size", `\`${id}\` makes videos of ${video.sizes.join(", ")}`);
	return film;
}

/** The call that begins a job: it is charged its price whatever its tokens are. */
export function beginning(path: string, body: JsonObject, film: Film, model: Model): UpstreamCall {
	const fee = videoFee(model, film.seconds, film.size);
	if (fee === null && model.prices.length > 0)
		throw unsupportedParameter("size", `\`${model.id}\` has no price for a video of ${film.size}`);
	return { path, body, dropped: [], outputLimit: 0, prompts: [], ...(fee !== null && { fee }) };
}

/** The name of a job that has begun. Throws `UpstreamError` where there is none. */
export function begunJob(id: unknown, request: VideosRequest, model: Model): VideoJob {
	if (!isWord(id)) throw malformed("the answer names no job");
	return { upstreamId: id, ...filmOf(request, model), usage: null };
}

/** How a job stands; what is left out is not known. */
export function stateOf(status: VideoStatus, more: Partial<VideoState> = {}): VideoState {
	return { status, progress: null, error: null, cost: null, file: null, ...more };
}

export function failedWith(code: unknown, message: unknown, more: Partial<VideoState> = {}): VideoState {
	const error = {
		code: isWord(code) ? code : "video_generation_failed",
		message: isWord(message) ? message : "the provider could not make the video",
	};
	return stateOf("failed", { error, ...more });
}

/** Throws `UpstreamError` for what is no JSON object. */
export function objectOf(body: unknown): Record<string, unknown> {
	if (!isObject(body)) throw malformed("the answer is not a JSON object");
	return body;
}

/** For codecs: jobs are not streamed. */
export function noStream(): never {
	throw malformed("the answer is a stream of events");
}

/** The picture of a data URL as its type and its base64; null for one that is behind a link. */
export function inlinePicture(url: string): { readonly type: string; readonly base64: string } | null {
	const [, type, base64] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? [];
	return type === undefined || base64 === undefined ? null : { type, base64 };
}
