// Remembers a job that a request began, before its caller is told of it.
import { GatewayError } from "#core/errors";
import type { VideoJob } from "#core/videos/videos";
import { videoIdOf } from "#faces/openai-videos/index";
import type { Attempt } from "#gateway/attempts/attempt";
import { FIRST_ASK_MS } from "#gateway/videos/follow";
import type { SpendCall } from "#http/call";
import type { NanoUsd } from "#metering/money";
import { DatabaseUnavailable } from "#store/d1/database";
import { keepVideo } from "#store/jobs/videos";

/** How often the isolate tries it: the job runs already, and without this no caller can ask for it. */
const TRIES = 3;

/** Throws `GatewayError` 503 where the job cannot be remembered: it stays charged. */
export async function rememberVideo(
	{ env, requestId, receivedAt, identified }: SpendCall,
	{ upstream, hold }: Attempt,
	{ upstreamId, seconds, size }: VideoJob,
	cost: NanoUsd | null,
): Promise<void> {
	const { keyId, teamId } = identified.record;
	const video = {
		id: videoIdOf(requestId),
		teamId,
		keyId,
		provider: upstream.provider.name,
		credential: upstream.credential.id,
		model: upstream.model.id,
		upstreamId,
		attemptId: hold.attemptId,
		token: hold.token,
		seconds,
		size,
		charged: cost,
		createdAt: receivedAt,
	};
	for (let attempt = 1; ; attempt++) {
		try {
			await keepVideo(env.DB, video, receivedAt + FIRST_ASK_MS);
			return;
		} catch (error) {
			if (!(error instanceof DatabaseUnavailable)) throw error;
			if (attempt < TRIES) continue;
			throw GatewayError.of(
				"registry_unavailable",
				"the provider has begun the video, but the gateway could not remember it; it is charged",
				{ shouldRetry: false },
			);
		}
	}
}
