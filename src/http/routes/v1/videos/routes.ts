// `/v1/videos`: jobs that make videos, begun by a team's keys and asked about by them alone.
import { GatewayError, unsupportedParameter } from "#core/errors";
import { openaiVideos } from "#faces/openai-videos/index";
import { renderVideo } from "#faces/openai-videos/render";
import { Attempt } from "#gateway/attempts/attempt";
import { fileOf, follow } from "#gateway/videos/follow";
import type { KeyCall, Route } from "#http/call";
import { pageOf } from "#http/request/page";
import { decodeQuery } from "#http/request/query";
import type { RouteDoc } from "#http/route-doc";
import { rememberVideo } from "#http/serve/keep-video";
import { serve } from "#http/serve/serve";
import { nanoUsd } from "#metering/money";
import { DatabaseUnavailable } from "#store/d1/database";
import { findVideo, hideVideo, listVideos, type StoredVideo } from "#store/jobs/videos";
import {
	createVideoDoc,
	deleteVideoDoc,
	ListVideosQuery,
	listVideosDoc,
	showVideoDoc,
	VideoContentQuery,
	videoContentDoc,
} from "./docs";

export const videoRoutes: Route[] = [
	{
		method: "POST",
		path: "/v1/videos",
		access: "spend",
		face: openaiVideos,
		doc: createVideoDoc,
		handle: serve(openaiVideos, remember),
	},
	route("GET", "/v1/videos", listVideosDoc, list),
	route("GET", "/v1/videos/:id", showVideoDoc, async (call) => Response.json(written(await foundVideo(call)))),
	route("DELETE", "/v1/videos/:id", deleteVideoDoc, remove),
	route("GET", "/v1/videos/:id/content", videoContentDoc, download),
];

type Begun = NonNullable<Parameters<typeof serve>[1]>;

async function remember(...[{ call, failover }, answer]: Parameters<Begun>): Promise<void> {
	const attempt = failover.attempts.find((one) => one === answer.source);
	if (!(attempt instanceof Attempt) || answer.kind !== "whole") throw new TypeError("a job begins with a whole answer");
	// The operation's own codec made it.
	await rememberVideo(call, attempt, answer.whole as Parameters<typeof rememberVideo>[2], answer.bill.cost);
}

function route(
	method: "GET" | "DELETE",
	path: string,
	doc: RouteDoc,
	handle: (call: KeyCall) => Promise<Response>,
): Route {
	return {
		method,
		path,
		access: "key",
		face: openaiVideos,
		doc: { ...doc, errors: [...(doc.errors ?? []), "registry_unavailable"] },
		async handle(call) {
			try {
				return await handle(call);
			} catch (error) {
				if (!(error instanceof DatabaseUnavailable)) throw error;
				throw GatewayError.of("registry_unavailable", "what is known of videos could not be read just now; try again");
			}
		},
	};
}

async function following({ env, isolate, ...call }: KeyCall) {
	const { byName } = await isolate.providers.serving({ env, ...call });
	return { env, providers: byName, clock: isolate.clock };
}

/** A job of the key's team, as it stands now. Throws `GatewayError` 404. */
async function foundVideo(call: KeyCall): Promise<StoredVideo> {
	const id = call.params.id ?? "";
	const video = await findVideo(call.env.DB, call.principal.teamId, id);
	if (video === null)
		throw GatewayError.of("video_not_found", `this API key's team has no video \`${id.slice(0, 64)}\``);
	return follow(video, await following(call));
}

/** The list is as the gateway last heard: only a job that is asked for by its id has its provider asked. */
async function list(call: KeyCall): Promise<Response> {
	const { order } = decodeQuery(ListVideosQuery, call.url);
	const page = { ...pageOf(call.url), order };
	const found = await listVideos(call.env.DB, call.principal.teamId, page);
	const data = found.slice(0, page.limit).map(written);
	return Response.json({
		object: "list",
		data,
		first_id: data[0]?.id ?? null,
		last_id: data.at(-1)?.id ?? null,
		has_more: found.length > page.limit,
	});
}

/** At vendors that delete jobs the file goes, too. Whatever the vendor says, the team sees the job no more. */
async function remove(call: KeyCall): Promise<Response> {
	const video = await foundVideo(call);
	await hideVideo(call.env.DB, video.id);
	const { providers } = await following(call);
	const provider = providers.get(video.provider);
	const path = video.completedAt === null ? null : (provider?.adapter.videos?.removal(video) ?? null);
	const credential = provider?.credentials.find(({ id }) => id === video.credential);
	if (path !== null && credential !== undefined) {
		const removal = credential.look({ path, method: "DELETE" }, AbortSignal.timeout(10_000));
		call.execution.waitUntil(removal.then((response) => response.body?.cancel()).catch(() => {}));
	}
	return Response.json({ id: video.id, object: "video.deleted", deleted: true });
}

async function download(call: KeyCall): Promise<Response> {
	const { variant } = decodeQuery(VideoContentQuery, call.url);
	if (variant !== "video")
		throw unsupportedParameter("variant", "of a video only itself is handed out: `variant=video`");
	const video = await foundVideo(call);
	if (video.state.status !== "completed") {
		const { error, status } = video.state;
		const why = error === null ? `it is ${status.replace("_", " ")}` : error.message;
		throw GatewayError.of("video_not_ready", `there is no file of \`${video.id}\`: ${why}`, {
			...(error !== null && { shouldRetry: false, retryAfterMs: undefined }),
		});
	}
	const file = await fileOf(video, await following(call), call.request.signal);
	if (file === null) {
		throw GatewayError.of("upstream_error", "the provider does not hand out the video; its time there may be over", {
			speaker: video.provider,
		});
	}
	const length = file.headers.get("content-length");
	return new Response(file.body, {
		headers: {
			"content-type": file.headers.get("content-type") ?? "video/mp4",
			...(length !== null && { "content-length": length }),
		},
	});
}

function written({ id, model, createdAt, completedAt, seconds, size, state, actual, charged }: StoredVideo) {
	const cost = actual ?? charged;
	return renderVideo({
		id,
		model,
		createdAt,
		completedAt,
		seconds,
		size,
		prompt: null,
		state,
		cost: cost === null ? null : nanoUsd(cost),
		isEstimated: actual === null,
	});
}
