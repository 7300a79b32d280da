// OpenAI's videos.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { decode, unknownKey } from "#simulator/wire/check";
import { openaiChat } from "#simulator/wire/vendors/openai";
import { openaiError, openaiMalformed, unknownParameter } from "#simulator/wire/vendors/openai-errors";
import type { Seat } from "#simulator/wire/wire";
import { type Film, named, type SimulatedVideo, type VideoVendor } from "./vendor";

const BodySchema = v.looseObject({
	model: v.string(),
	prompt: v.string(),
	seconds: v.exactOptional(v.pipe(v.string(), v.regex(/^\d+$/))),
	size: v.exactOptional(v.pipe(v.string(), v.regex(/^\d+x\d+$/))),
	input_reference: v.exactOptional(v.strictObject({ image_url: v.string() })),
});
const KEYS = new Set(Object.keys(BodySchema.entries));

function read(raw: JsonObject, { model, modelId }: Seat): Film {
	const body = decode(BodySchema, raw, openaiMalformed);
	const stranger = unknownKey(body, KEYS);
	if (stranger !== undefined) throw unknownParameter(stranger);
	const { video } = model.traits;
	if (video === undefined)
		throw openaiError(400, `The model '${modelId}' does not make videos.`, "model", "invalid_value");
	const { prompt, seconds = String(video.seconds[0]), size = video.sizes[0] ?? "" } = body;
	if (!video.seconds.includes(Number(seconds)))
		throw openaiError(400, `Invalid value: '${seconds}'.`, "seconds", "invalid_value");
	if (!video.sizes.includes(size)) throw openaiError(400, `Invalid value: '${size}'.`, "size", "invalid_value");
	return { prompt, seconds: Number(seconds), size };
}

const job = ({ id, model, createdAt, seconds, size, prompt }: SimulatedVideo): JsonObject => ({
	id: `video_${id}`,
	object: "video",
	model,
	created_at: Math.floor(createdAt / 1000),
	completed_at: null,
	expires_at: null,
	seconds: String(seconds),
	size,
	prompt,
	remixed_from_video_id: null,
	error: null,
	status: "queued",
	progress: 0,
});

export const openaiVideos: VideoVendor = {
	wire: openaiChat,
	at(method, path, body) {
		if (method === "POST" && path === "/videos") return { kind: "begin", modelId: named(body, "model") };
		const [, id, content] = /^\/videos\/video_([0-9a-f]+)(\/content)?$/.exec(path) ?? [];
		if (id === undefined) return null;
		if (method === "DELETE" && content === undefined) return { kind: "remove", id };
		return method === "GET" ? { kind: content === undefined ? "show" : "file", id } : null;
	},
	read,
	bills: (price) => price,
	begun: job,
	shown: (video, end) => {
		if (end === null) return { ...job(video), status: "in_progress", progress: 40 };
		if (end === "completed")
			return {
				...job(video),
				status: "completed",
				progress: 100,
				completed_at: Math.floor(video.createdAt / 1000) + 60,
			};
		const error = { code: "moderation_blocked", message: "Your request was blocked by our moderation system." };
		return { ...job(video), status: "failed", error };
	},
};
