// The entry point through which the gateway reaches the simulated vendors.
import { WorkerEntrypoint } from "cloudflare:workers";
import { isObject } from "#lib/json";
import { Refusal } from "#simulator/wire/wire";
import type { SimulatorEnv } from "./env";
import { route } from "./routes";
import { serve, simulated } from "./serve";
import { serveList } from "./serve-list";

/**
 * All upstream vendors at one address: the first segment of the path names the provider, the rest is the vendor's own
 * path.
 */
export class Simulator extends WorkerEntrypoint<SimulatorEnv> {
	override async fetch(request: Request): Promise<Response> {
		const target = route(request);
		if (target instanceof Refusal) return simulated(Response.json(target.body, { status: target.status }));
		if ("list" in target) {
			return serveList({ ...target, headers: request.headers, signal: request.signal }, this.env);
		}
		const body = await parsed(request);
		const named = isObject(body) && typeof body.model === "string" ? body.model : "";
		const visit = {
			...target,
			modelId: target.modelId ?? named,
			body,
			headers: request.headers,
			signal: request.signal,
		};
		return serve(visit, this.env, this.ctx);
	}
}

async function parsed(request: Request): Promise<unknown> {
	try {
		return await request.json();
	} catch {
		return undefined;
	}
}
