/** What one isolate keeps between requests. It is made once, where the Worker begins, and handed in with every call. */
import type { Config } from "#config";
import type { BoundedMemory } from "#core/routing/routing-memory";
import { SeenPrefixes } from "#core/routing/seen-prefixes";
import type { Env } from "#env";
import { HedgeBudgets } from "#gateway/attempts/hedging/hedge-budget";
import { RetryBudgets } from "#gateway/attempts/retry-budget";
import { LiveReads } from "#gateway/control/live-reads";
import { FailedLogins } from "#gateway/failed-logins";
import { LargeBodies } from "#gateway/large-bodies";
import { ResponseStore } from "#gateway/record/response-store";
import { HealthClient } from "#gateway/routing/health-client";
import { ProviderCache } from "#gateway/routing/provider-cache";
import { newRoutingMemory } from "#gateway/routing/routing-memory";
import { Settlements } from "#gateway/spending/settlement";
import { LruMap } from "#lib/lru-map";
import { PLATFORM, type Platform } from "#lib/platform";
import { sleep } from "#lib/sleep";
import { KeyLookup } from "#store/keys/key-lookup";

/** How many keys' digests are kept: a key that is used is soon used again. */
const MAX_DIGESTS = 1_000;
/** How many beginnings of prompts are remembered, two of each prompt: about a megabyte. */
const MAX_PREFIXES = 8_192;

export interface IsolateState extends Platform {
	/** The settings once they were read and checked; the platform gives an isolate one environment. */
	readonly configs: WeakMap<Env, Config>;
	/** Digests of keys by their text, under the pepper of those settings. */
	readonly keyDigests: LruMap<string>;
	readonly keyLookup: KeyLookup;
	readonly providers: ProviderCache;
	readonly health: HealthClient;
	readonly routingMemory: BoundedMemory;
	readonly seenPrefixes: SeenPrefixes;
	readonly retryBudgets: RetryBudgets;
	readonly hedgeBudgets: HedgeBudgets;
	readonly settlements: Settlements;
	readonly failedLogins: FailedLogins;
	readonly responses: ResponseStore;
	readonly largeBodies: LargeBodies;
	readonly liveReads: LiveReads;
}

/** An isolate that has served nothing yet. */
export function newIsolateState(platform: Platform = PLATFORM): IsolateState {
	return {
		...platform,
		configs: new WeakMap(),
		keyDigests: new LruMap(MAX_DIGESTS),
		keyLookup: new KeyLookup(),
		providers: new ProviderCache(),
		health: new HealthClient(platform),
		routingMemory: newRoutingMemory(),
		seenPrefixes: new SeenPrefixes(MAX_PREFIXES),
		retryBudgets: new RetryBudgets(),
		hedgeBudgets: new HedgeBudgets(),
		settlements: new Settlements(platform),
		failedLogins: new FailedLogins(platform),
		responses: new ResponseStore(platform.clock, sleep),
		largeBodies: new LargeBodies(platform.clock),
		liveReads: new LiveReads(platform.clock),
	};
}
