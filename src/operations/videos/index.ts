/** Videos: a text in, perhaps with a picture, and a job out that makes a film of it. */
import type { Modality } from "#catalog/model";
import { videoFee } from "#catalog/video-price";
import type { KeyId } from "#core/ids";
import type { VideoJob, VideosChunk, VideosRequest } from "#core/videos/videos";
import { TextHash } from "#lib/text-hash";
import { estimateTokens, roughTokens } from "#metering/estimate";
import { ALONE, NO_REQUIREMENTS } from "#operations/alone";
import type { Operation } from "#operations/operation";

const IMAGES: ReadonlySet<Modality> = new Set<Modality>(["image"]);

/** The answer is a job that goes on; it has no stream and no defects, and is its own only chunk. */
export const videos: Operation<VideosRequest, VideoJob, VideosChunk> = {
	name: "videos",
	beginsJob: true,
	routing: {
		...ALONE,
		// A model of which nothing is known is not asked: what a video costs there is not known either.
		serves: ({ output, supposed }) => supposed !== true && output.includes("video"),
		kin: () => null,
		requirements: ({ reference }) =>
			reference === undefined ? NO_REQUIREMENTS : { ...NO_REQUIREMENTS, input: IMAGES },
		family: (keyId: KeyId) => new TextHash().add(keyId).add("videos").digest(),
		fee: ({ seconds, size }, model) => {
			const { video } = model.traits;
			return videoFee(model, seconds ?? video?.seconds[0] ?? 0, size ?? video?.sizes[0] ?? "") ?? 0;
		},
		roughInput: ({ prompt }) => roughTokens(prompt),
	},
	outputLimit: () => 0,
	withOutputLimit: (request) => request,
	estimateInput: ({ prompt }) => estimateTokens(prompt),
	mayThinkLong: () => false,
	// A second job is a second video, which costs as much again.
	hasEffects: () => true,
	subject: ({ prompt, seconds, size }) => [prompt, seconds, size],
	defectIn: () => null,
	isEmpty: ({ upstreamId }) => upstreamId === "",
	written: () => "",
	writtenIn: () => "",
	hasContent: () => true,
	toChunks: (answer) => [{ answer }],
	toAnswer: ([first]) => first?.answer ?? { upstreamId: "", seconds: 0, size: "", usage: null },
};
