/** What one isolate keeps between requests. It is made once, where the Worker begins, and handed in with every call. */
import type { BoundedMemory } from "#core/routing/routing-memory";
import { HedgeBudgets } from "#gateway/attempts/hedging/hedge-budget";
import { RetryBudgets } from "#gateway/attempts/retry-budget";
import { FailedLogins } from "#gateway/failed-logins";
import { HealthClient } from "#gateway/routing/health-client";
import { ProviderCache } from "#gateway/routing/provider-cache";
import { newRoutingMemory } from "#gateway/routing/routing-memory";
import { Settlements } from "#gateway/spending/settlement";
import { PLATFORM, type Platform } from "#lib/platform";
import { KeyLookup } from "#store/keys/key-lookup";

export interface IsolateState extends Platform {
	readonly keyLookup: KeyLookup;
	readonly providers: ProviderCache;
	readonly health: HealthClient;
	readonly routingMemory: BoundedMemory;
	readonly retryBudgets: RetryBudgets;
	readonly hedgeBudgets: HedgeBudgets;
	readonly settlements: Settlements;
	readonly failedLogins: FailedLogins;
}

/** An isolate that has served nothing yet. */
export function newIsolateState(platform: Platform = PLATFORM): IsolateState {
	return {
		...platform,
		keyLookup: new KeyLookup(),
		providers: new ProviderCache(),
		health: new HealthClient(platform),
		routingMemory: newRoutingMemory(),
		retryBudgets: new RetryBudgets(),
		hedgeBudgets: new HedgeBudgets(),
		settlements: new Settlements(platform),
		failedLogins: new FailedLogins(platform),
	};
}
