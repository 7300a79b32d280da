/** The canonical form of videos: a text in, perhaps with a picture, and a job out that makes a film of it. */
import type { JsonObject } from "#lib/json";

export interface VideosRequest {
	readonly stream: false;
	/** Not empty. */
	readonly prompt: string;
	/** How long the video shall be; absent: as long as its model usually makes one. */
	readonly seconds?: number;
	/** Width and height in pixels, as in "1280x720"; absent: the model's usual one. */
	readonly size?: string;
	/** The picture that it begins with: an https or a data URL. */
	readonly reference?: string;
	/** The caller's end user. */
	readonly user?: string;
	/** Fields that the gateway does not know; they go to providers that speak OpenAI's protocol. */
	readonly extensions: JsonObject;
	/** A provider's own fields, by its name; none that the gateway reads at the top. */
	readonly providerExtensions: Readonly<Record<string, JsonObject>>;
}

/** A job that a provider has begun. */
export interface VideoJob {
	/** The provider's own name for it. */
	readonly upstreamId: string;
	/** What is being made, and paid for. */
	readonly seconds: number;
	readonly size: string;
	/** What it used is known only when it is over. */
	usage: null;
	model?: string;
}

/** Jobs have no stream: a whole answer is the only chunk. */
export interface VideosChunk {
	readonly answer: VideoJob;
	model?: string;
}

/** A job as the gateway remembers it, to ask its provider about. */
export interface BegunVideo extends Pick<VideoJob, "upstreamId" | "seconds" | "size"> {
	/** The provider's id of the model. */
	readonly model: string;
	/** As its provider last told. */
	readonly file: string | null;
}

export const VIDEO_STATUSES = ["queued", "in_progress", "completed", "failed"] as const;
export type VideoStatus = (typeof VIDEO_STATUSES)[number];

/** How a job stands, as its provider tells. */
export interface VideoState {
	readonly status: VideoStatus;
	/** In percent; null where the provider does not tell. */
	readonly progress: number | null;
	/** Why it failed; null unless it has. */
	readonly error: { readonly code: string; readonly message: string } | null;
	/** What it cost in nano-dollars, where the provider tells; else what was agreed, and nothing if it failed. */
	readonly cost: number | null;
	/** Where the file is, where that is not below the job: a path of the provider's API, or a URL. */
	readonly file: string | null;
}
