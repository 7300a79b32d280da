import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import { UpstreamError } from "#core/fault";
import type { VideosRequest } from "#core/videos/videos";
import { geminiVideos } from "#providers/videos/gemini";
import { openaiVideos } from "#providers/videos/openai";
import { openrouterVideos } from "#providers/videos/openrouter";
import { siliconflowVideos } from "#providers/videos/siliconflow";
import { modelOf } from "#test/unit/router/world";

const MODEL: Model = modelOf("films/sora-2", {
	input: 0,
	output: 0,
	model: {
		output: ["video"],
		traits: { video: { seconds: [4, 8], sizes: ["720x1280", "1280x720"] } },
		rules: { videoFees: { second: { "720p": 100_000_000 } } },
	},
});
const REQUEST: VideosRequest = { stream: false, prompt: "A lighthouse", extensions: {}, providerExtensions: {} };
const JOB = { upstreamId: "video_1", model: "sora-2", seconds: 4, size: "720x1280", file: null };

describe("videos in OpenAI's protocol", () => {
	it("are asked for in its words, at the price of what is asked for", () => {
		const call = openaiVideos.encode({ ...REQUEST, seconds: 8, reference: "https://a/b.png" }, MODEL);
		expect(call).toMatchObject({ path: "/videos", fee: 800_000_000 });
		expect(call.body).toEqual({
			model: "sora-2",
			prompt: "A lighthouse",
			seconds: "8",
			size: "720x1280",
			input_reference: { image_url: "https://a/b.png" },
		});
		const usual = openaiVideos.decode({ id: "video_1", status: "queued" }, REQUEST, MODEL);
		expect(usual).toMatchObject({ upstreamId: "video_1", seconds: 4, size: "720x1280" });
	});

	it("stand as it says, and lie below their own path", () => {
		expect(openaiVideos.state({ status: "in_progress", progress: 40 }, JOB)).toMatchObject({
			progress: 40,
			error: null,
		});
		const failed = openaiVideos.state({ status: "failed", error: { code: "moderation_blocked", message: "No." } }, JOB);
		expect(failed.error).toEqual({ code: "moderation_blocked", message: "No." });
		expect(openaiVideos.file(JOB)).toBe("/videos/video_1/content");
		expect(openaiVideos.question({ ...JOB, upstreamId: "../admin" }).path).toBe("/videos/..%2Fadmin");
	});
});

describe.each(Object.entries({ openaiVideos, openrouterVideos, siliconflowVideos, geminiVideos }))("%s", (_, codec) => {
	it.each([null, "text", [], 7])("takes no %j for an answer", (body) => {
		expect(() => codec.decode(body, REQUEST, MODEL)).toThrow(UpstreamError);
		expect(() => codec.state(body, JOB)).toThrow(UpstreamError);
	});
});
