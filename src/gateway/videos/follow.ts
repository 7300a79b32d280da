/** Asks a provider how a job stands, and books what it cost once it is over. */
import { UpstreamError } from "#core/fault";
import type { VideoState } from "#core/videos/videos";
import type { Env } from "#env";
import { bookLateCost } from "#gateway/spending/late-cost";
import { readText } from "#gateway/upstream/body";
import { parseJson } from "#lib/json";
import type { VideosCodec } from "#providers/adapter";
import type { Provider, ProviderCredential } from "#providers/provider";
import { claimVideo, closeVideo, recordState, type StoredVideo } from "#store/jobs/videos";

/** How long a provider may take to say how a job stands, in milliseconds. */
const MAX_ANSWER_MS = 10_000;
/** Largest answer to that question, in bytes. */
const MAX_ANSWER_BYTES = 256 * 1024;
/** A provider is asked about a job no more often than this, in milliseconds, however often callers ask. */
const MIN_BETWEEN_MS = 5_000;
/** The clock asks first after this, and each time after a quarter of the job's age, in milliseconds. */
export const FIRST_ASK_MS = 30_000;
const MAX_BETWEEN_MS = 15 * 60_000;
/** A job that is not over by then is given up, in milliseconds: what it cost is not known, so its charge stands. */
const LOST_MS = 24 * 3_600_000;
/** A provider that does not know a job which is younger than this, in milliseconds, may not know it yet. */
const FORGETTABLE_MS = 60 * 60_000;

interface Following {
	readonly env: Pick<Env, "DB" | "API_KEYS">;
	readonly providers: { get(name: string): Provider | undefined };
	readonly clock: () => number;
}

/** How a job can be asked about: its provider's words, and the account that it is known to. */
interface VideoLine {
	readonly codec: VideosCodec;
	readonly credential: ProviderCredential;
}

/** Null where the provider or the account is gone. */
function lineTo({ provider, credential: id }: StoredVideo, providers: Following["providers"]): VideoLine | null {
	const found = providers.get(provider);
	const credential = found?.credentials.find((one) => one.id === id);
	const codec = found?.adapter.videos;
	return codec === undefined || credential === undefined ? null : { codec, credential };
}

/**
 * The job as it stands: its provider is asked where that is of use, and its cost is booked when it is over. Never
 * throws for what a provider does: the job then stands as it stood. Throws `DatabaseUnavailable`.
 */
export async function follow(video: StoredVideo, following: Following): Promise<StoredVideo> {
	const { env, clock } = following;
	if (video.askAt === null) return video;
	if (video.completedAt !== null) return booked(video, following);
	const now = clock();
	if (now - video.askedAt < MIN_BETWEEN_MS || !(await claimVideo(env.DB, video, now, nextAsk(video, now))))
		return video;
	const state = await askedState(video, following);
	if (state === null && now - video.createdAt < LOST_MS) return video;
	const told = state ?? "lost";
	const next = told === "lost" ? lost(video, now) : asTold(video, told, clock());
	await recordState(env.DB, next);
	return next.completedAt === null ? next : booked(next, following);
}

function nextAsk({ createdAt }: StoredVideo, now: number): number {
	return now + Math.floor(Math.min(MAX_BETWEEN_MS, Math.max(FIRST_ASK_MS, (now - createdAt) / 4)));
}

/** Null where the provider did not say. */
async function askedState(video: StoredVideo, { providers, clock }: Following): Promise<VideoState | "lost" | null> {
	const line = lineTo(video, providers);
	if (line === null) return null;
	const { codec, credential } = line;
	const { path, body } = codec.question(video);
	const signal = AbortSignal.timeout(MAX_ANSWER_MS);
	let answer: { readonly status: number; readonly text: string | null };
	try {
		const response = await (body === undefined
			? credential.look({ path }, signal)
			: credential.send({ path, body, dropped: [] }, signal));
		answer = { status: response.status, text: await readText(response, MAX_ANSWER_BYTES) };
	} catch {
		// The connection failed, or took too long.
		return null;
	}
	const { status, text } = answer;
	if (status === 404 && clock() - video.createdAt > FORGETTABLE_MS) return "lost";
	if (status !== 200 || text === null) return null;
	try {
		return codec.state(parseJson(text), video);
	} catch (error) {
		if (error instanceof UpstreamError) return null;
		throw error;
	}
}

/**
 * The file of a job that is completed, as its provider sends it; a link that no longer leads there is asked for once
 * more. Null where the provider does not hand it out.
 */
export async function fileOf(video: StoredVideo, following: Following, signal: AbortSignal): Promise<Response | null> {
	const line = lineTo(video, following.providers);
	if (line === null) return null;
	const first = await fetched(line, video, signal);
	if (first !== null) return first;
	const state = await askedState(video, following);
	if (state === null || state === "lost" || state.file === null || state.file === video.file) return null;
	return fetched(line, { ...video, file: state.file }, signal);
}

async function fetched(
	{ codec, credential }: VideoLine,
	video: StoredVideo,
	signal: AbortSignal,
): Promise<Response | null> {
	const at = codec.file(video);
	if (at === null) return null;
	try {
		const response = await credential.file(at, signal);
		if (response.ok) return response;
		await response.body?.cancel();
		return null;
	} catch {
		// No such address, or the connection failed.
		return null;
	}
}

function asTold(video: StoredVideo, state: VideoState, now: number): StoredVideo {
	const { status, progress, error, cost, file } = state;
	const isOver = status === "completed" || status === "failed";
	return {
		...video,
		state: { status, progress, error },
		file,
		actual: isOver ? (cost ?? (status === "failed" ? 0 : video.charged)) : null,
		completedAt: isOver ? now : null,
	};
}

/** Whether its provider bills it is not known: it is charged as it was. */
function lost(video: StoredVideo, now: number): StoredVideo {
	const error = { code: "video_lost", message: "the provider no longer tells how this job stands" };
	return { ...video, state: { status: "failed", progress: null, error }, actual: video.charged, completedAt: now };
}

/** Has the key's object book what a job cost; tried again by the clock until it has. */
async function booked(video: StoredVideo, { env }: Following): Promise<StoredVideo> {
	const { attemptId, createdAt, token, provider, model, actual } = video;
	const cost = { jobId: attemptId, createdAt, attemptId, token, provider, model, actual: actual ?? 0 };
	if (!(await bookLateCost(env, video.keyId, cost))) return video;
	await closeVideo(env.DB, video.id);
	return { ...video, askAt: null };
}
