/** What the attempts of one request need of the world around them. */

import type { Model, Price } from "#catalog/model";
import type { Usage } from "#core/chat/usage";
import type { Outcome, TrialPermit } from "#core/health/health";
import type { ProviderName } from "#core/ids";
import type { KeyState } from "#core/key/key";
import type { Principal } from "#core/key/principal";
import type { EndedAttempt } from "#core/key-object/settlement";
import type { Learnt } from "#core/routing/routing-memory";
import type { AttemptRecord } from "#core/usage/request-record";
import type { IsolateState } from "#gateway/isolate-state";
import type { Hold, HoldOutcome, SpendRequest } from "#gateway/spending/reservation";
import type { CacheMarks } from "#providers/anthropic/cache-marks";
import type { Provider } from "#providers/provider";
import type { Candidate, RoutePlan } from "#router/plan";

/** What the attempts of one request need of the world around them. */
export interface Ports {
	readonly isolate: Pick<IsolateState, "clock" | "random" | "retryBudgets" | "hedgeBudgets">;
	/**
	 * The plan under a principal's policy for what the request names, or for `model` instead. Throws `GatewayError` when
	 * no target can serve.
	 */
	route(principal: Principal, model: string | null): RoutePlan | Promise<RoutePlan>;
	/** What an attempt taught the router; `failed` when nothing that could be used came back. */
	learn(candidate: Candidate, failed: boolean, usage: Usage | null): Learnt | undefined;
	/** What of the prompt is to be marked for the vendor's cache at a candidate of the last plan; null for nothing. */
	cacheMarks(candidate: Candidate): CacheMarks | null;
	readonly providers: { get(name: string): Provider | undefined };
	/** The caller under a state of its key. Throws `GatewayError` 403 `ip_not_allowed`. */
	principal(key: KeyState): Principal;
	/** The state of the key that is in force, which may be the one that was `seen`. Throws as `admit` does. */
	keyInForce(seen: KeyState): Promise<KeyState>;
	/** What to hold and charge at a provider for a model without a price; null to refuse it where a budget binds. */
	ceiling(principal: Principal, provider: ProviderName): Price | null;
	/** As `reservation.reserve`; `number` counts the request's holds from 1. */
	reserve(number: number, spendRequest: SpendRequest, principal: Principal, version: number): Promise<HoldOutcome>;
	/** The right to try a candidate that needs a trial; null when it may not be tried now. */
	trial(candidate: Candidate): Promise<TrialPermit | null>;
	/** A permit was not used. */
	returnTrial(candidate: Candidate, permit: TrialPermit): void;
	/** Gives signs of life for a trial until the returned function is called. */
	keepTrial(candidate: Candidate, permit: TrialPermit): () => void;
	/** Gives signs of life for a hold until the returned function is called. */
	keepAlive(hold: Hold): () => void;
	/** An attempt begins; returns how to write down how it ended. */
	begun(): (record: AttemptRecord) => void;
	settle(hold: Hold, ended: EndedAttempt): void;
	/** A hold that no attempt was made with. */
	release(hold: Hold): void;
	/** The model whose id is nearest to one that its provider does not have, as `provider/model`; undefined for none. */
	nearest(principal: Principal, model: Model): string | undefined;
	/** The usual time to a first content at a candidate, in milliseconds: 95 of 100 take no longer; null if unknown. */
	usualTtft(candidate: Candidate): number | null;
	report(provider: ProviderName, outcome: Outcome): void;
}
