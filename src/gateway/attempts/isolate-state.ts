/** What one isolate keeps between requests. It is made once, where the Worker begins, and handed in with every call. */
import type { BoundedMemory } from "#core/routing/routing-memory";
import { HealthClient } from "#gateway/routing/health-client";
import { ProviderCache } from "#gateway/routing/provider-cache";
import { newRoutingMemory } from "#gateway/routing/routing-memory";
import { Settlements } from "#gateway/spending/settlement";
import { KeyLookup } from "#store/keys/key-lookup";
import { HedgeBudgets } from "./hedge-budget";
import { type Nature, PLATFORM } from "./nature";
import { RetryBudgets } from "./retry-budget";

export interface IsolateState extends Nature {
	readonly keyLookup: KeyLookup;
	readonly providers: ProviderCache;
	readonly health: HealthClient;
	readonly routingMemory: BoundedMemory;
	readonly retryBudgets: RetryBudgets;
	readonly hedgeBudgets: HedgeBudgets;
	readonly settlements: Settlements;
}

/** An isolate that has served nothing yet. */
export function newIsolateState(nature: Nature = PLATFORM): IsolateState {
	return {
		...nature,
		keyLookup: new KeyLookup(),
		providers: new ProviderCache(),
		health: new HealthClient(nature),
		routingMemory: newRoutingMemory(),
		retryBudgets: new RetryBudgets(),
		hedgeBudgets: new HedgeBudgets(),
		settlements: new Settlements(nature),
	};
}
