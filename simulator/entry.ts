/** The entry of the local environment: the product, and beside it what stands in for the outside world. */
import type { Env } from "#env";
import type { LargeBodies } from "#gateway/large-bodies";
import { serve } from "#http/app";
import { runJobs } from "#jobs/jobs";
import { control } from "./control";
import { ensureDemoKey } from "./demo";
import type { SimulatorEnv } from "./env";
import { isolate } from "./isolate";

export { ApiKeyObject } from "#durable-objects/api-key/object";
export { ProviderObject } from "#durable-objects/provider/object";
export { TeamObject } from "#durable-objects/team/object";
export { LocalAi } from "#simulator/bindings/local-ai";
export { LocalVectorize } from "#simulator/bindings/local-vectorize";
export { VectorIndex } from "#simulator/bindings/vector-index";
export { Simulator } from "./simulator";
export { SimulatorState } from "./state";

type LocalEnv = Env & SimulatorEnv & { readonly SIMULATOR: Fetcher };

export default {
	async fetch(request: Request, env: LocalEnv, execution: ExecutionContext): Promise<Response> {
		const { pathname } = new URL(request.url);
		const simulated = /^\/_simulator(\/.*)/.exec(pathname)?.[1];
		if (simulated === undefined) {
			await ensureDemoKey(env, Date.now());
			return serve(request, env, execution, isolate.state);
		}
		if (simulated === "/isolate") return Response.json({ large_bodies: held(isolate.state.largeBodies) });
		if (/^\/(batches|billing|faults|lists)\/?$/.test(simulated)) return control(request, env);
		// Clients outside may talk to the simulated vendors directly.
		const url = new URL(request.url);
		url.pathname = simulated;
		return env.SIMULATOR.fetch(new Request(url, request));
	},
	scheduled: ({ scheduledTime }: ScheduledController, env: LocalEnv): Promise<void> => runJobs(env, scheduledTime),
};

/** What the isolate holds of large bodies, in bytes. */
function held({ bytes, peakBytes }: LargeBodies): object {
	return { bytes, peak_bytes: peakBytes };
}
