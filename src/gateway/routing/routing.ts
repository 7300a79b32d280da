/** Routes one request under whatever policy its key has, and learns from its attempts. */
import type { Model } from "#catalog/model";
import { promptTokens, type Usage } from "#core/chat/usage";
import type { KeyId, ProviderName, TeamId } from "#core/ids";
import type { KeyPolicy } from "#core/key/policy";
import type { Principal } from "#core/key/principal";
import type { Learnt } from "#core/routing/routing-memory";
import type { Env } from "#env";
import type { IsolateState } from "#gateway/isolate-state";
import type { CanonicalRequest, Operation } from "#operations/operation";
import type { CacheMarks } from "#providers/anthropic/cache-marks";
import { nearestModel } from "#router/errors";
import { targetOf } from "#router/models/model-access";
import { resolveModel } from "#router/models/resolve-model";
import type { Candidate, RoutePlan } from "#router/plan";
import { explain, route } from "#router/route";
import type { RoutePreference, RouteRequest } from "#router/route-request";
import type { HealthClient } from "./health-client";
import { recallRoute } from "./routing-memory";
import type { ServingProviders } from "./serving-providers";

/** What a request says about which target should serve it. */
interface RoutingInput {
	readonly preference: RoutePreference;
	readonly operation: Operation;
	readonly request: CanonicalRequest;
	readonly optimize: RouteRequest["optimize"];
	/** As its client names it; null when it does not. */
	readonly session: string | null;
}

/** Where a request is routed. */
interface On {
	readonly env: Env;
	readonly execution: ExecutionContext;
	readonly isolate: IsolateState;
	/** Milliseconds since the epoch. */
	readonly receivedAt: number;
}

type HealthView = Awaited<ReturnType<HealthClient["view"]>>;

/** What the router is asked: what costs time to find out is found out only where it asks. */
class LazyRouteRequest implements RouteRequest {
	readonly preference: RoutePreference;
	readonly operation: Operation;
	readonly request: CanonicalRequest;
	readonly policy: KeyPolicy;
	readonly optimize: RouteRequest["optimize"];
	readonly critical: boolean;
	readonly #routing: Routing;

	constructor(
		routing: Routing,
		preference: RoutePreference,
		policy: KeyPolicy,
		{ operation, request, optimize }: RoutingInput,
	) {
		this.preference = preference;
		this.operation = operation;
		this.request = request;
		this.policy = policy;
		this.optimize = optimize;
		this.critical = request.metadata?.priority === "critical";
		this.#routing = routing;
	}

	get conversation(): string | null {
		return this.#routing.isUnderWay ? this.#routing.conversationId : null;
	}

	get family(): string {
		return this.#routing.familyId;
	}

	get inputTokens(): number {
		return this.#routing.inputTokens;
	}
}

/** How one request is routed, under whatever principal it turns out to have, and what its attempts teach. */
export class Routing {
	readonly #on: On;
	readonly #input: RoutingInput;
	readonly #serving: ServingProviders;
	readonly #keyId: KeyId;
	readonly #health: HealthView;
	#inputTokens: number | null = null;
	#family: string | null = null;
	#conversation: string | null = null;
	#prefixes: readonly string[] | null = null;
	#hasChoice = false;
	#cachesPrompts = false;

	private constructor(on: On, input: RoutingInput, serving: ServingProviders, keyId: KeyId, health: HealthView) {
		this.#on = on;
		this.#input = input;
		this.#serving = serving;
		this.#keyId = keyId;
		this.#health = health;
	}

	/**
	 * Waits for the providers' health only when this isolate has not heard of it for long. `policy` is that of the key as
	 * it was looked up.
	 */
	static async begin(
		on: On,
		input: RoutingInput,
		serving: ServingProviders,
		{ keyId, teamId, policy }: Pick<Principal, "keyId" | "teamId" | "policy">,
	): Promise<Routing> {
		const health = await on.isolate.health.view(
			on,
			providersNamed(withDefault(input.preference, serving, teamId), serving, policy),
		);
		return new Routing(on, input, serving, keyId, health);
	}

	/**
	 * For what the request names, or for `model` instead. Throws what `route` throws. Waits only where it matters what
	 * the key's object remembers of the conversation.
	 */
	plan(principal: Principal, model: string | null): RoutePlan | Promise<RoutePlan> {
		// Whatever serves instead needs the same files.
		const { account } = this.#input.preference;
		if (model !== null) return this.#route(principal, route, { model, ...(account && { account }) });
		const plan = this.#route(principal);
		this.#hasChoice = plan.candidates.length > 1;
		this.#cachesPrompts = principal.policy.cachePrompts === true || plan.alias?.cachePrompts === true;
		return plan.recall ? this.#planWithRecall(principal) : plan;
	}

	/** How long the first content of a candidate usually takes at most, in milliseconds; null if unknown. */
	usualTtft({ model, credential }: Candidate): number | null {
		const cells = this.#health(model.provider)?.cells ?? [];
		const cell = cells.find(({ ref }) => ref.credential === credential && ref.model === model.id);
		return cell?.latency.ttftP95Ms ?? null;
	}

	/** The model whose id is nearest to one that its provider does not have, as `provider/model`; undefined for none. */
	nearest({ policy }: Principal, model: Model): string | undefined {
		return nearestModel(model, this.#serving.directory, policy);
	}

	/** The same plan with every figure computed, for a caller or an admin who wants to see the reasons. */
	explained(principal: Principal): RoutePlan {
		return this.#route(principal, explain);
	}

	/** What of the prompt came to a candidate before, and is worth its vendor's cache; null for nothing. */
	cacheMarks(candidate: Candidate): CacheMarks | null {
		if (!this.#cachesPrompts) return null;
		const { isolate } = this.#on;
		const place = isolate.seenPrefixes.longest(placeOf(candidate), this.#promptPrefixes, isolate.clock());
		return place === null ? null : { whole: place > 0 };
	}

	/** What an attempt taught; undefined where there is nothing to choose. Remembered in this isolate. */
	learn(candidate: Candidate, failed: boolean, usage: Usage | null): Learnt | undefined {
		const { seenPrefixes, clock } = this.#on.isolate;
		if (this.#cachesPrompts && !failed) seenPrefixes.saw(placeOf(candidate), this.#promptPrefixes, clock());
		if (!this.#hasChoice) return undefined;
		const isKnown = usage !== null && usage.source === "provider";
		const learnt: Learnt = {
			conversation: this.conversationId,
			family: this.familyId,
			target: targetOf(candidate.model),
			credential: candidate.credential,
			failed,
			prompt: isKnown ? { tokens: promptTokens(usage), cached: usage.cacheRead } : null,
			output: isKnown ? usage.output : null,
		};
		this.#on.isolate.routingMemory.learn(learnt, this.#on.isolate.clock());
		return learnt;
	}

	async #planWithRecall(principal: Principal): Promise<RoutePlan> {
		const { env, isolate } = this.#on;
		await recallRoute(isolate.routingMemory, env.API_KEYS, this.#keyId, this.conversationId, this.familyId);
		return this.#route(principal);
	}

	#route({ teamId, policy }: Principal, decide = route, named: RoutePreference = this.#input.preference): RoutePlan {
		const preference = withDefault(named, this.#serving, teamId);
		const { directory, rules } = this.#serving;
		const { isolate, receivedAt } = this.#on;
		return decide(new LazyRouteRequest(this, preference, policy, this.#input), {
			directory,
			rules,
			health: this.#health,
			memory: isolate.routingMemory,
			now: receivedAt,
			random: isolate.random(),
		});
	}

	/** Expected prompt, in tokens. */
	get inputTokens(): number {
		const { operation, request } = this.#input;
		this.#inputTokens ??= operation.routing.roughInput(request);
		return this.#inputTokens;
	}

	get familyId(): string {
		const { operation, request } = this.#input;
		this.#family ??= operation.routing.family(this.#keyId, request);
		return this.#family;
	}

	get #promptPrefixes(): readonly string[] {
		const { operation, request } = this.#input;
		this.#prefixes ??= operation.routing.prefixes(this.familyId, request);
		return this.#prefixes;
	}

	/**
	 * Two conversations may have the same opening: one that repeats is new, unless its client says which it belongs to.
	 */
	get isUnderWay(): boolean {
		const { operation, request, session } = this.#input;
		return session !== null || operation.routing.isUnderWay(request);
	}

	get conversationId(): string {
		const { operation, request, session } = this.#input;
		this.#conversation ??= operation.routing.conversation(this.familyId, session, request);
		return this.#conversation;
	}
}

/** Vendors keep prompts by model and account. */
function placeOf({ model, credential }: Candidate): string {
	return `${targetOf(model)} ${credential}`;
}

/** What serves a request that names neither a model nor a provider is the team's default. */
function withDefault(preference: RoutePreference, serving: ServingProviders, team: TeamId): RoutePreference {
	const { model, models = [], provider } = preference;
	const names = model !== undefined || models.length > 0 || typeof provider === "string";
	return names ? preference : { ...preference, model: serving.defaults(team).model };
}

/** The providers whose health matters; none when the names mean nothing, which routing reports. */
function providersNamed(preference: RoutePreference, serving: ServingProviders, policy: KeyPolicy): ProviderName[] {
	const { directory, rules } = serving;
	try {
		const { targets, alias } = resolveModel(preference, directory, rules, policy);
		const names = new Set(targets.map(({ model }) => model.provider));
		if (alias?.downgrade) {
			for (const name of providersNamed({ model: alias.downgrade.model }, serving, policy)) names.add(name);
		}
		return [...names];
	} catch {
		return [];
	}
}
