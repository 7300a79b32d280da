// Models and health as tests of the router sketch them.
import type { Model, Quality } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import { GatewayError } from "#core/errors";
import type { CellHealth, ProviderHealth } from "#core/health/health";
import type { CredentialId, ProviderName } from "#core/ids";
import type { Alias } from "#core/routing/alias";
import type { Skill } from "#core/routing/auto-rules";
import { BoundedMemory } from "#core/routing/routing-memory";
import { chat } from "#operations/chat/index";
import { buildDirectory } from "#router/models/directory";
import type { RoutePlan } from "#router/plan";
import { DEFAULT_RULES } from "#router/ranking/default-rules";
import { route } from "#router/route";
import type { RouteRequest, RouteView } from "#router/route-request";

export const NOW = Date.UTC(2026, 10, 27);

/** As it is written in tests: the name is `provider/id`, prices are in USD per million tokens. */
export interface Sketch {
	readonly input?: number;
	readonly cached?: number;
	readonly output?: number;
	readonly model?: Partial<Model>;
	readonly tiers?: Partial<Record<Skill, number>>;
}

export function modelOf(name: string, { input = 1, cached = input, output = input * 4, model, tiers }: Sketch): Model {
	const slash = name.indexOf("/");
	const price = {
		input: Math.round(input * 1e6),
		cacheRead: Math.round(cached * 1e6),
		cacheWrite: Math.round(input * 1e6),
		cacheWriteHour: Math.round(input * 1e6),
		output: Math.round(output * 1e6),
	};
	return {
		provider: name.slice(0, slash) as ProviderName,
		id: name.slice(slash + 1),
		aliases: [],
		context: null,
		maxOutput: null,
		input: ["text"],
		output: ["text"],
		tools: true,
		jsonSchema: true,
		reasoning: true,
		traits: {},
		prices: [{ from: 0, price }],
		rules: {},
		family: null,
		quality: tiers === undefined ? null : qualityOf(tiers),
		regions: [],
		...model,
	};
}

function qualityOf(tiers: Partial<Record<Skill, number>>): Quality {
	const general = tiers.general ?? 1;
	return { general, code: general, reasoning: general, vision: general, tools: general, ...tiers };
}

/** Credentials by provider: id and weight; one named `default` where nothing is said. */
export type Credentials = Readonly<Record<string, Readonly<Record<string, number>>>>;

export function directoryOf(
	sketches: Readonly<Record<string, Sketch>>,
	aliases: readonly Alias[] = [],
	credentials: Credentials = {},
) {
	const models = Object.entries(sketches).map(([name, sketch]) => modelOf(name, sketch));
	const providers = [...new Set(models.map(({ provider }) => provider))].map((name) => ({
		name,
		models: models.filter(({ provider }) => provider === name),
		defaultModel: models.find(({ provider }) => provider === name)?.id ?? null,
		credentials: Object.entries(credentials[name] ?? { default: 1 }).map(([id, weight]) => ({
			id: id as CredentialId,
			weight,
		})),
	}));
	return buildDirectory(providers, [], aliases);
}

/** An alias over models that all weigh the same. */
export function aliasOf(name: string, models: readonly string[], rest: Partial<Alias> = {}): Alias {
	return {
		name,
		version: 1,
		targets: models.map((model) => ({ model, weight: 1 })),
		strategy: "priority",
		optimize: "balanced",
		sticky: true,
		fallThrough: { content: false, context: false },
		escalate: false,
		hedge: null,
		downgrade: null,
		slowStream: null,
		timeoutMs: null,
		ttftTimeoutMs: null,
		...rest,
	};
}

export function requestOf(content = "Hello", rest: Partial<ChatRequest> = {}): ChatRequest {
	return { messages: [{ role: "user", content }], stream: false, extensions: {}, providerExtensions: {}, ...rest };
}

/** A request with so many answered turns behind it. */
export function laterTurn(turns: number): ChatRequest {
	const messages: ChatRequest["messages"] = [{ role: "user", content: "Hello" }];
	for (let i = 0; i < turns; i++) {
		messages.push({ role: "assistant", content: "Yes?" }, { role: "user", content: "Go on." });
	}
	return requestOf("", { messages });
}

export function routeRequestOf(model: string, rest: Partial<RouteRequest> = {}): RouteRequest {
	return {
		preference: { model },
		operation: chat,
		request: requestOf(),
		policy: {},
		optimize: null,
		critical: false,
		conversation: null,
		family: null,
		inputTokens: 1_000,
		...rest,
	};
}

export function viewOf(directory: RouteView["directory"], rest: Partial<RouteView> = {}): RouteView {
	return {
		directory,
		health: () => null,
		memory: new BoundedMemory({ conversations: 100, families: 100 }),
		rules: DEFAULT_RULES,
		now: NOW,
		random: 0.5,
		...rest,
	};
}

/** What is said of one cell; the name is a provider, `provider/model`, or `provider#credential`. */
export type CellSketch = Partial<Omit<CellHealth, "ref" | "latency">> & Partial<CellHealth["latency"]>;

/** Health by cell. */
export function healthOf(cells: Readonly<Record<string, CellSketch>>): RouteView["health"] {
	const byProvider = new Map<string, CellHealth[]>();
	for (const [name, sketch] of Object.entries(cells)) {
		const [, provider = "", mark = "", rest = ""] = /^([^/#]+)([/#]?)(.*)$/.exec(name) ?? [];
		const refs =
			mark === "/" ? { credential: "default" as CredentialId, model: rest } : mark === "#" ? { credential: rest } : {};
		const { ttftMs = null, ttftP50Ms = null, ttftP95Ms = null, tokensPerSecond = null, ...state } = sketch;
		const cell: CellHealth = {
			ref: { credential: null, model: null, ...(refs as Partial<CellHealth["ref"]>) },
			state: "closed",
			forced: null,
			reason: "",
			until: null,
			share: state.state === undefined || state.state === "closed" ? 1 : 0,
			successRate: null,
			shed: 0,
			latency: { ttftMs, ttftP50Ms, ttftP95Ms, tokensPerSecond },
			cachedShare: null,
			...state,
		};
		byProvider.set(provider, [...(byProvider.get(provider) ?? []), cell]);
	}
	return (provider): ProviderHealth | null => {
		const known = byProvider.get(provider);
		return known === undefined ? null : { at: NOW, cells: known };
	};
}

/** The targets of a plan, best first. */
export function order(plan: RoutePlan): string[] {
	return plan.candidates.map(({ model }) => `${model.provider}/${model.id}`);
}

/** Of each target that was left out, why. */
export function reasons(plan: RoutePlan): Record<string, string> {
	return Object.fromEntries(plan.excluded.map(({ target, reason }) => [target, reason]));
}

export function refusal(routeRequest: RouteRequest, view: RouteView): GatewayError["details"] {
	try {
		route(routeRequest, view);
	} catch (error) {
		if (error instanceof GatewayError) return error.details;
		throw error;
	}
	throw new Error("was routed");
}

/** Evenly spread chances, for shares that need no luck to be seen. */
export function chances(count: number): number[] {
	return Array.from({ length: count }, (_, i) => (i + 0.5) / count);
}
