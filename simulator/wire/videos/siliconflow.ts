// SiliconFlow's videos: submitted, asked about with a POST, and behind a link that needs no credential.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { decode } from "#simulator/wire/check";
import { siliconflow } from "#simulator/wire/vendors/siliconflow";
import type { Seat } from "#simulator/wire/wire";
import { type Film, named, type VideoVendor } from "./vendor";

const BodySchema = v.looseObject({
	model: v.string(),
	prompt: v.string(),
	image_size: v.string(),
	image: v.exactOptional(v.string()),
	negative_prompt: v.exactOptional(v.string()),
	seed: v.exactOptional(v.number()),
});

function read(raw: JsonObject, { model }: Seat): Film {
	const body = decode(BodySchema, raw, ({ path }) => {
		throw siliconflow.failure(400, `The parameter is invalid: ${path}`);
	});
	const { video } = model.traits;
	if (video === undefined) throw siliconflow.noModel(model.id);
	const { prompt, image_size: size, image } = body;
	if (!video.sizes.includes(size)) throw siliconflow.failure(400, `The parameter is invalid: image_size ${size}`);
	if (/I2V/.test(model.id) && image === undefined)
		throw siliconflow.failure(400, "The parameter is invalid: image is required");
	return { prompt, seconds: video.seconds[0] ?? 0, size };
}

export const siliconflowVideos: VideoVendor = {
	wire: siliconflow,
	at(method, path, body) {
		if (method === "POST" && path === "/video/submit") return { kind: "begin", modelId: named(body, "model") };
		if (method === "POST" && path === "/video/status") return { kind: "show", id: named(body, "requestId") };
		const [, id] = /^\/outputs\/([0-9a-f]+)\.mp4$/.exec(path) ?? [];
		return method === "GET" && id !== undefined ? { kind: "file", id } : null;
	},
	read,
	bills: (price) => price,
	begun: ({ id }) => ({ requestId: id }),
	shown: ({ id, asked }, end) => {
		const nothing = { videos: [], timings: { inference: 0 }, seed: 0 };
		if (end === null) return { status: asked === 1 ? "InQueue" : "InProgress", reason: "", results: nothing };
		if (end !== "completed") return { status: "Failed", reason: "the video could not be made", results: nothing };
		const videos = [{ url: `https://simulator/siliconflow/v1/outputs/${id}.mp4` }];
		return { status: "Succeed", reason: "", results: { videos, timings: { inference: 60 }, seed: 7 } };
	},
};
