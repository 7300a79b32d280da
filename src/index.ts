// The Worker's entry: hands requests to the app and the clock to the jobs, and exports the Durable Objects.
import { newIsolateState } from "#gateway/isolate-state";
import { serve } from "#http/app";
import { runJobs } from "#jobs/jobs";
import type { Env } from "./env";

export { ApiKeyObject } from "#durable-objects/api-key/object";
export { ProviderObject } from "#durable-objects/provider/object";
export { TeamObject } from "#durable-objects/team/object";

const isolate = newIsolateState();

export default {
	fetch: (request, env, execution) => serve(request, env, execution, isolate),
	scheduled: ({ scheduledTime }, env) => runJobs(env, scheduledTime),
} satisfies ExportedHandler<Env>;
