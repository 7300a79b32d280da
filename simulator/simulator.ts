// The entry point through which the gateway reaches the simulated vendors.
import { WorkerEntrypoint } from "cloudflare:workers";
import { isObject } from "#lib/json";
import { serveBatches } from "#simulator/accounts/serve-batches";
import {
	type AccountVisit,
	accountOf,
	accountVisit,
	missingFile,
	serveFiles,
	withFaults,
} from "#simulator/accounts/serve-files";
import { Refusal } from "#simulator/wire/wire";
import type { SimulatorEnv } from "./env";
import { fieldsOf } from "./form-fields";
import { route } from "./routes";
import { serve, simulated } from "./serve";
import { serveList } from "./serve-list";
import { serveVideo, videoVisit } from "./serve-video";

/**
 * All upstream vendors at one address: the first segment of the path names the provider, the rest is the vendor's own
 * path.
 */
export class Simulator extends WorkerEntrypoint<SimulatorEnv> {
	override async fetch(request: Request): Promise<Response> {
		const visit = accountVisit(request);
		if (visit !== null) return withFaults(visit, this.env, () => serveAccount(visit, this.env));
		const body = request.method === "POST" ? await parsed(request) : undefined;
		const video = videoVisit(request, body);
		if (video !== null) return serveVideo(video, this.env);
		const target = route(request);
		if (target instanceof Refusal) return simulated(Response.json(target.body, { status: target.status }));
		if ("list" in target) {
			return serveList({ ...target, headers: request.headers, signal: request.signal }, this.env);
		}
		const named = isObject(body) && typeof body.model === "string" ? body.model : "";
		const account = accountOf(request, target.provider);
		const missing = await missingFile(body, account, this.env);
		if (missing !== null) {
			const { body: error, status } = target.wire.failure(404, `No such File object: ${missing}`);
			return simulated(Response.json(error, { status }));
		}
		const call = {
			...target,
			modelId: target.modelId ?? named,
			body,
			headers: request.headers,
			signal: request.signal,
		};
		return serve(call, this.env, this.ctx);
	}
}

/** What an account keeps. */
function serveAccount(visit: AccountVisit, env: SimulatorEnv): Promise<Response> {
	return visit.path.startsWith("/batches") ? serveBatches(visit, env) : serveFiles(visit, env);
}

/** JSON, or the fields of a form; undefined for what is neither. */
async function parsed(request: Request): Promise<unknown> {
	try {
		const isForm = request.headers.get("content-type")?.startsWith("multipart/form-data") ?? false;
		return isForm ? await fieldsOf(await request.formData()) : await request.json();
	} catch {
		return undefined;
	}
}
