// OpenRouter's videos: other vendors' models, each job with what it cost.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { decode } from "#simulator/wire/check";
import { openrouter } from "#simulator/wire/vendors/openrouter";
import type { Seat } from "#simulator/wire/wire";
import { type Film, named, type SimulatedVideo, type VideoVendor } from "./vendor";

const BodySchema = v.looseObject({
	model: v.string(),
	prompt: v.string(),
	duration: v.exactOptional(v.pipe(v.number(), v.integer())),
	size: v.exactOptional(v.string()),
	frame_images: v.exactOptional(
		v.array(
			v.strictObject({
				type: v.literal("image_url"),
				image_url: v.strictObject({ url: v.string() }),
				frame_type: v.picklist(["first_frame", "last_frame"]),
			}),
		),
	),
});

function read(raw: JsonObject, { model }: Seat): Film {
	const refused = (message: string) => openrouter.failure(400, message);
	const body = decode(BodySchema, raw, ({ path }) => {
		throw refused(`Invalid input: ${path}`);
	});
	const { video } = model.traits;
	if (video === undefined) throw refused(`${model.id} does not support video generation`);
	const { prompt, duration = video.seconds[0] ?? 0, size = video.sizes[0] ?? "" } = body;
	if (!video.seconds.includes(duration)) throw refused(`Unsupported duration: ${duration}`);
	if (!video.sizes.includes(size)) throw refused(`Unsupported size: ${size}`);
	return { prompt, seconds: duration, size };
}

const job = ({ id }: SimulatedVideo) => ({ id: `gen-vid-${id}`, polling_url: `/api/v1/videos/gen-vid-${id}` });

export const openrouterVideos: VideoVendor = {
	wire: openrouter,
	at(method, path, body) {
		if (method === "POST" && path === "/videos") return { kind: "begin", modelId: named(body, "model") };
		const [, id, content] = /^\/videos\/gen-vid-([0-9a-f]+)(\/content)?$/.exec(path) ?? [];
		return method === "GET" && id !== undefined ? { kind: content === undefined ? "show" : "file", id } : null;
	},
	read,
	// The catalog has the most that its vendors take, and this one takes a tenth less.
	bills: (price) => Math.floor(price * 0.9),
	begun: (video) => ({ ...job(video), status: "pending" }),
	shown: (video, end) => {
		if (end === null) return { ...job(video), status: "in_progress" };
		const known = { ...job(video), generation_id: `gen-${video.id}` };
		if (end !== "completed")
			return {
				...known,
				status: end === "expired" ? "expired" : "failed",
				error: "The provider could not make the video",
			};
		return {
			...known,
			status: "completed",
			unsigned_urls: [`https://openrouter.ai/api/v1/videos/gen-vid-${video.id}/content?index=0`],
			usage: { cost: video.cost / 1e9, is_byok: false },
		};
	},
};
