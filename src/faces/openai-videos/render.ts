/** Writes a job as OpenAI does. */
import type { VideoState } from "#core/videos/videos";
import { type NanoUsd, usdNumber } from "#metering/money";

/** Milliseconds in a second. */
const SECOND = 1000;

/** What is written of a job. Times in milliseconds since the epoch. */
interface WrittenVideo {
	readonly id: string;
	readonly model: string;
	readonly createdAt: number;
	readonly completedAt: number | null;
	readonly seconds: number;
	readonly size: string;
	/** Null where it is not kept. */
	readonly prompt: string | null;
	readonly state: Pick<VideoState, "status" | "progress" | "error">;
	/** Charged until now; null when the model's price is not known. */
	readonly cost: NanoUsd | null;
	/** The charge is the full price, and the true one is not known yet. */
	readonly isEstimated: boolean;
}

export function renderVideo(video: WrittenVideo) {
	const { id, model, createdAt, completedAt, seconds, size, prompt, state, cost, isEstimated } = video;
	return {
		id,
		object: "video" as const,
		model,
		status: state.status,
		progress: state.status === "completed" ? 100 : (state.progress ?? 0),
		created_at: Math.floor(createdAt / SECOND),
		completed_at: completedAt === null ? null : Math.floor(completedAt / SECOND),
		expires_at: null,
		seconds: String(seconds),
		size,
		prompt,
		remixed_from_video_id: null,
		error: state.error,
		usage: { cost: cost === null ? null : usdNumber(cost), ...(isEstimated && { estimated: true }) },
	};
}
