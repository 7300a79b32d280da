import type { ChatRequest } from "../core/chat";
import type { ProviderName } from "../core/ids";
import type { KeyPolicy } from "../core/policy";
import type { Principal } from "../core/principal";
import type { Env } from "../env";
import { estimatePrompt } from "../metering/estimate";
import { DEFAULT_RULES } from "../router/default-rules";
import type { Directory } from "../router/directory";
import { named } from "../router/named";
import type { RoutePlan } from "../router/plan";
import type { RouteQuestion, Wanted } from "../router/question";
import { route } from "../router/route";
import { healthView } from "./health";

/** What a request says about who shall serve it. */
export interface Asked {
	readonly wanted: Wanted;
	readonly request: ChatRequest;
	readonly optimize: RouteQuestion["optimize"];
}

/**
 * How a request is routed under whatever principal it turns out to have. Waits for the providers' health only when this
 * isolate has not heard of it for long; `policy` is that of the key as it was looked up.
 */
export async function routing(
	on: { readonly env: Env; readonly execution: ExecutionContext; readonly receivedAt: number },
	{ wanted, request, optimize }: Asked,
	directory: Directory,
	policy: KeyPolicy,
): Promise<(principal: Principal) => RoutePlan> {
	const health = await healthView(on, providersNamed(wanted, directory, policy));
	const memory = { affinity: () => null, family: () => null };
	const view = { directory, health, memory, rules: DEFAULT_RULES, now: on.receivedAt };
	let inputTokens: number | null = null;
	return (principal) => {
		const question: RouteQuestion = {
			wanted,
			request,
			policy: principal.policy,
			optimize,
			critical: request.metadata?.priority === "critical",
			conversation: null,
			family: null,
			/** Not looked at unless there is a choice to make. */
			get inputTokens() {
				inputTokens ??= estimatePrompt(request);
				return inputTokens;
			},
		};
		return route(question, { ...view, random: Math.random() });
	};
}

/** Whose health matters; nobody's when the names mean nothing, which routing will say. */
function providersNamed(wanted: Wanted, directory: Directory, policy: KeyPolicy): ProviderName[] {
	try {
		const { targets } = named(wanted, directory, DEFAULT_RULES, policy);
		return [...new Set(targets.map(({ model }) => model.provider))];
	} catch {
		return [];
	}
}
