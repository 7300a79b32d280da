// Ways of choosing a target that are compared: the product's router, simple rules, and oracles.
import { GatewayError } from "#core/errors";
import type { Alias, Optimize } from "#core/routing/alias";
import type { AutoRules } from "#core/routing/auto-rules";
import type { BoundedMemory } from "#core/routing/routing-memory";
import { targetOf } from "#router/models/model-access";
import { DEFAULT_RULES } from "#router/ranking/default-rules";
import { seededRandom } from "#router/ranking/seeded-random";
import { route } from "#router/route";
import { aliasOf, routeRequestOf } from "#test/unit/router/world";
import type { Observed } from "./health";
import { type Losses, lossOf } from "./losses";
import type { Call } from "./traffic";
import { priceOf, timesOf, USUAL_FAILURE_MS, type Vendors } from "./vendors";
import { TARGETS, type World } from "./world";

/** One that shall be asked, in its turn. */
interface Chosen {
	readonly target: string;
	readonly needsTrial: boolean;
	readonly panic: boolean;
}

/** What a chooser may look at. */
interface Sight {
	readonly observed: Observed;
	readonly memory: BoundedMemory;
	/** The truth, for who is allowed to know it. */
	readonly vendors: Vendors;
}

/** A way of choosing. */
export interface Chooser {
	readonly name: string;
	/** Best first; empty when nobody can serve. */
	choose(call: Call, sight: Sight): readonly Chosen[];
}

/** The default rules over the simulation's own targets. */
const RULES: AutoRules = { ...DEFAULT_RULES, pool: ["*"] };

/** By the router, under a name; all of them hold the same filters and breakers and fail over alike. */
export function byRouter(
	name: string,
	world: World,
	model: string,
	{ alias, optimize = null, sticky = true }: { alias?: Alias; optimize?: Optimize | null; sticky?: boolean } = {},
): Chooser {
	const directory = world.directory(alias === undefined ? [] : [alias]);
	return {
		name,
		choose(call, { observed, memory }) {
			const { request, conversation, family, promptTokens, at, index } = call;
			const routeRequest = routeRequestOf(model, {
				request,
				optimize,
				critical: request.metadata?.priority === "critical",
				conversation: sticky ? conversation : null,
				family,
				inputTokens: promptTokens,
			});
			try {
				const plan = route(routeRequest, {
					directory,
					health: (provider) => observed.at(provider, at),
					memory,
					rules: RULES,
					now: at,
					random: seededRandom((index * 0.754_877_666) % 1)(),
				});
				return plan.candidates.map(({ model, needsTrial, deferred }) => ({
					target: targetOf(model),
					needsTrial,
					panic: deferred === "shut",
				}));
			} catch (error) {
				if (error instanceof GatewayError) return [];
				throw error;
			}
		},
	};
}

/** In the order of list prices, whatever is cached: that of a thousand tokens in and half as many out. */
export function byListPrice(world: World): Chooser {
	const listed = (name: string) => {
		const price = world.targets.get(name)?.model.prices[0]?.price;
		return (price?.input ?? 0) * 2 + (price?.output ?? 0);
	};
	const cheapest = TARGETS.toSorted((a, b) => listed(a) - listed(b));
	return byRouter("always the cheapest", world, "all", { alias: aliasOf("all", cheapest), sticky: false });
}

export function bySpeed(world: World): Chooser {
	const alias = aliasOf("all", TARGETS, { strategy: "fastest" });
	return byRouter("always the fastest", world, "all", { alias, sticky: false });
}

export function byChance(world: World): Chooser {
	return byRouter("random", world, "all", { alias: aliasOf("all", TARGETS, { strategy: "weighted" }), sticky: false });
}

/** First one model, whatever happens; the others only when it fails. */
export function always(world: World, target: string): Chooser {
	const others = TARGETS.filter((name) => name !== target);
	return byRouter(target, world, "all", { alias: aliasOf("all", [target, ...others]), sticky: false });
}

/**
 * Who knows what nobody can: how every target behaves at this moment, what it has cached, how good its answers to such
 * a task are, and how many turns will follow. Takes the least expected loss over them, as if nothing changed meanwhile.
 */
export function oracle(name: string, losses: Losses): Chooser {
	return {
		name,
		choose(call, { vendors }) {
			const valued = TARGETS.filter((name) => canServe(call, name, vendors)).map((target) => {
				const truth = vendors.target(target);
				const { failure, cacheHit } = truth.drift.at(call.at);
				const turn = (cached: number) =>
					lossOf(losses, call.task, {
						cost: priceOf(truth, call, cached, call.at),
						ms: timesOf(truth, call, cached, call.at).ms,
						bad: 1 - truth.good[call.task],
						failed: 0,
					});
				const now = turn(cacheHit * vendors.cacheable(call, target, call.at));
				const later = turn(cacheHit * call.promptTokens);
				return { target, failure, value: now + call.further * later, once: now };
			});
			const least = Math.min(...valued.map(({ once }) => once));
			const failed = least + lossOf(losses, call.task, { cost: 0, ms: USUAL_FAILURE_MS, bad: 0, failed: 0 });
			return valued
				.map((one) => ({ ...one, value: one.value * (1 - one.failure) + (failed + one.value) * one.failure }))
				.sort((a, b) => Number(a.failure > 0.5) - Number(b.failure > 0.5) || a.value - b.value)
				.map(({ target }) => ({ target, needsTrial: false, panic: false }));
		},
	};
}

function canServe({ request }: Call, name: string, vendors: Vendors): boolean {
	return request.tools === undefined || vendors.target(name).model.tools;
}
