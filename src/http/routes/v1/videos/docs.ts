// What the API's description says of videos.
import * as v from "valibot";
import { VIDEO_STATUSES } from "#core/videos/videos";
import { RequestSchema } from "#faces/openai-videos/parse";
import { pageFields } from "#http/request/page";
import type { RouteDoc } from "#http/route-doc";
import { Cost, Count, Estimated } from "#http/views/face-answers";

const VideoView = v.looseObject({
	id: v.string(),
	object: v.literal("video"),
	model: v.string(),
	status: v.picklist(VIDEO_STATUSES),
	progress: v.pipe(Count, v.description("in percent")),
	created_at: Count,
	completed_at: v.nullable(Count),
	expires_at: v.null(),
	seconds: v.string(),
	size: v.string(),
	prompt: v.pipe(v.nullable(v.string()), v.description("only in the answer that begins the job: it is not kept")),
	remixed_from_video_id: v.null(),
	error: v.nullable(v.object({ code: v.string(), message: v.string() })),
	usage: v.object({ cost: Cost, estimated: Estimated }),
});

export const createVideoDoc: RouteDoc = {
	summary: "Begin to make a video, as OpenAI's videos",
	text: "The answer is a job: ask for it by its id until it is completed or has failed. Its full price is charged when it begins, and brought to what it truly cost when it is over. `input_reference` may be a file of a form.",
	body: RequestSchema,
	accepts: ["multipart/form-data"],
	example: { model: "gemini/veo-3.1-fast-generate-preview", prompt: "A lighthouse at dusk", seconds: "4" },
	answer: VideoView,
	errors: ["registry_unavailable"],
};

/** `decodeQuery` reads it. */
export const ListVideosQuery = v.object({
	...pageFields,
	order: v.optional(v.picklist(["asc", "desc"], "must be asc or desc"), "desc"),
});

export const listVideosDoc: RouteDoc = {
	summary: "List the videos of the key's team",
	query: ListVideosQuery,
	answer: v.object({
		object: v.literal("list"),
		data: v.array(VideoView),
		first_id: v.nullable(v.string()),
		last_id: v.nullable(v.string()),
		has_more: v.boolean(),
	}),
};

export const showVideoDoc: RouteDoc = {
	summary: "Say how a video stands",
	text: "The provider is asked at most every five seconds, however often the job is asked for.",
	answer: VideoView,
	errors: ["video_not_found"],
};

export const deleteVideoDoc: RouteDoc = {
	summary: "Delete a video",
	answer: v.object({ id: v.string(), object: v.literal("video.deleted"), deleted: v.literal(true) }),
	errors: ["video_not_found"],
};

/** `decodeQuery` reads it. */
export const VideoContentQuery = v.object({
	variant: v.optional(v.picklist(["video", "thumbnail", "spritesheet"]), "video"),
});

export const videoContentDoc: RouteDoc = {
	summary: "Download a video, as its provider sends it",
	query: VideoContentQuery,
	answer: v.string(),
	media: "video/mp4",
	errors: ["video_not_found", "video_not_ready", "unsupported_parameter", "upstream_error"],
};
