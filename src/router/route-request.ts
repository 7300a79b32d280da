// What the router is asked, and what it sees.

import type { VendorAccount } from "#core/files/file";
import type { ProviderHealth } from "#core/health/health";
import type { ProviderName } from "#core/ids";
import type { KeyPolicy } from "#core/key/policy";
import type { Optimize } from "#core/routing/alias";
import type { AutoRules } from "#core/routing/auto-rules";
import type { RoutingMemory } from "#core/routing/routing-memory";
import type { CanonicalRequest, Operation } from "#operations/operation";
import type { Directory } from "#router/models/directory";

/** OpenRouter's `provider` object, as far as it says which providers may serve. */
export interface ProviderPreference {
	/** Tried first, in this order. */
	order?: string[];
	only?: string[];
	ignore?: string[];
	sort?: "price" | "throughput" | "latency";
	/** `false`: only the providers in `order` or, without `order`, only the best provider of each model. */
	allow_fallbacks?: boolean;
	/** The most to pay, in USD per million tokens. */
	max_price?: { prompt?: number; completion?: number };
	/** Tags of which a model must have one. A model of which no region is known has none. */
	regions?: string[];
}

/** What a request says about who should serve it. */
export interface RoutePreference {
	/** A model, an alias or `auto`; `:floor` and `:nitro` at its end mean the cheapest and the fastest. */
	model?: string;
	/** Further models, in order, for when the ones before cannot serve. */
	models?: string[];
	provider?: string | ProviderPreference;
	/** The account that keeps the files which the request names; absent where it names none. */
	account?: VendorAccount;
}

/** What the router must find a target for. */
export interface RouteRequest {
	readonly preference: RoutePreference;
	readonly operation: Operation;
	readonly request: CanonicalRequest;
	/** Of the key. */
	readonly policy: KeyPolicy;
	/** What the request wants optimised; null when it does not say. */
	readonly optimize: Optimize | null;
	/** The caller marked it with `metadata.priority: "critical"`. */
	readonly critical: boolean;
	/** As the operation tells them; the conversation is null for one that only begins. */
	readonly conversation: string | null;
	readonly family: string | null;
	/** Expected prompt, in tokens. */
	readonly inputTokens: number;
}

/** What is known when it is routed. */
export interface RouteView {
	readonly directory: Directory;
	/** Null when nothing is known: then all is well. */
	readonly health: (provider: ProviderName) => ProviderHealth | null;
	readonly memory: RoutingMemory;
	readonly rules: AutoRules;
	/** Milliseconds since the epoch. */
	readonly now: number;
	/** From 0 to 1, exclusive; all chance in a decision comes from it. */
	readonly random: number;
}
