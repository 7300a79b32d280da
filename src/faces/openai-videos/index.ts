/** OpenAI's videos, as its SDKs speak them: jobs that are asked about later. */
import type { VideoJob, VideosChunk, VideosRequest } from "#core/videos/videos";
import type { Face } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import { openaiModels } from "#faces/openai-chat/models";
import { videos } from "#operations/videos/index";
import { parseVideos, type VideoStyle } from "./parse";
import { renderVideo } from "./render";

/** The id of the job that a request began: it tells the time as all ids do. */
export function videoIdOf(requestId: string): string {
	return requestId.replace(/^req_/, "video_");
}

export const openaiVideos: Face<VideosRequest, VideoJob, VideosChunk, VideoStyle> = {
	name: "videos",
	operation: videos,
	takes: "either",
	parse: parseVideos,
	whole: ({ requestId, receivedAt, model }, { seconds, size }, _, cost, { prompt }) =>
		renderVideo({
			id: videoIdOf(requestId),
			model,
			createdAt: receivedAt,
			completedAt: null,
			seconds,
			size,
			prompt,
			state: { status: "queued", progress: 0, error: null },
			cost,
			isEstimated: true,
		}),
	stream: () => {
		throw new TypeError("a request for a video never asks for a stream");
	},
	error: errorBody,
	models: openaiModels,
};
