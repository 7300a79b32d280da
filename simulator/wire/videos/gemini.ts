// Gemini's videos: Veo's operations, and its files.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { decode } from "#simulator/wire/check";
import { gemini } from "#simulator/wire/gemini/index";
import type { Seat } from "#simulator/wire/wire";
import type { Film, VideoVendor } from "./vendor";

const BodySchema = v.strictObject({
	instances: v.tuple([
		v.strictObject({
			prompt: v.string(),
			image: v.exactOptional(v.strictObject({ bytesBase64Encoded: v.string(), mimeType: v.string() })),
		}),
	]),
	parameters: v.looseObject({
		aspectRatio: v.exactOptional(v.picklist(["16:9", "9:16"])),
		durationSeconds: v.exactOptional(v.picklist([4, 6, 8])),
		resolution: v.exactOptional(v.picklist(["720p", "1080p", "4k"])),
	}),
});
const SIZES = { "720p": [1280, 720], "1080p": [1920, 1080], "4k": [3840, 2160] } as const;

function read(raw: JsonObject, { model }: Seat): Film {
	const body = decode(BodySchema, raw, ({ path }) => {
		throw gemini.failure(400, `Invalid value at '${path}'`);
	});
	if (!model.output.includes("video")) throw gemini.noModel(model.id);
	const { durationSeconds: seconds = 8, resolution = "720p", aspectRatio = "16:9" } = body.parameters;
	if (resolution !== "720p" && seconds !== 8)
		throw gemini.failure(400, `Resolution ${resolution} requires a duration of 8 seconds.`);
	const [long, short] = SIZES[resolution];
	return {
		prompt: body.instances[0].prompt,
		seconds,
		size: aspectRatio === "16:9" ? `${long}x${short}` : `${short}x${long}`,
	};
}

export const geminiVideos: VideoVendor = {
	wire: gemini,
	at(method, path) {
		const [, modelId] = /^\/models\/([^/]+):predictLongRunning$/.exec(path) ?? [];
		if (method === "POST" && modelId !== undefined) return { kind: "begin", modelId: decodeURIComponent(modelId) };
		const [, operation] = /^\/models\/[^/]+\/operations\/([0-9a-f]+)$/.exec(path) ?? [];
		if (method === "GET" && operation !== undefined) return { kind: "show", id: operation };
		const [, file] = /^\/files\/([0-9a-f]+):download$/.exec(path) ?? [];
		return method === "GET" && file !== undefined ? { kind: "file", id: file } : null;
	},
	read,
	bills: (price) => price,
	begun: ({ id, model }) => ({ name: `models/${model}/operations/${id}` }),
	shown: ({ id, model }, end) => {
		const name = `models/${model}/operations/${id}`;
		if (end === null) return { name };
		if (end === "failed" || end === "expired")
			return { name, done: true, error: { code: 13, message: "Internal error encountered." } };
		const generateVideoResponse: JsonObject =
			end === "filtered"
				? { raiMediaFilteredCount: 1, raiMediaFilteredReasons: ["The video was filtered for its content."] }
				: { generatedSamples: [{ video: { uri: `https://simulator/gemini/v1beta/files/${id}:download?alt=media` } }] };
		const type = "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse";
		return { name, done: true, response: { "@type": type, generateVideoResponse } };
	},
};
