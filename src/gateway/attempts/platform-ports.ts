/** Connects the attempts of one request with the objects, the isolate's memory and what lives on behind the answer. */
import type { HoldToken } from "#core/budget/budget";
import type { TrialPermit } from "#core/health/health";
import type { Identified } from "#core/key/key";
import type { EndedAttempt } from "#core/key-object/settlement";
import type { Env } from "#env";
import type { IsolateState } from "#gateway/isolate-state";
import type { RequestRecorder } from "#gateway/record/request-recorder";
import { spansOf } from "#gateway/record/span";
import type { Routing } from "#gateway/routing/routing";
import type { ServingProviders } from "#gateway/routing/serving-providers";
import { principalOf, stateInForce } from "#gateway/spending/admission";
import { beatWhile, keepTrial } from "#gateway/spending/heartbeat";
import type { Claim } from "#gateway/spending/idempotency";
import { keyRefused, namedKey, REFUSALS } from "#gateway/spending/key-errors";
import { reserve } from "#gateway/spending/reservation";
import { isLedgerUnavailable } from "#gateway/spending/reservation-errors";
import type { Candidate } from "#router/plan";
import type { Ports } from "./ports";

/** One request on the platform. */
interface RequestContext {
	readonly env: Env;
	readonly execution: ExecutionContext;
	readonly isolate: IsolateState;
	readonly identified: Identified;
	/** Where the request came from; null if unknown. */
	readonly address: string | null;
	readonly requestId: string;
	/** Milliseconds since the epoch. */
	readonly receivedAt: number;
	readonly serving: ServingProviders;
	readonly recorder: RequestRecorder;
	/** Absent without an idempotency key. */
	readonly claim: Claim | undefined;
	/** Aborted when the key is revoked under way. */
	readonly cut: AbortController;
	readonly routing: Routing;
}

/** The ports of a run: the key's object, the providers' objects, and what lives on behind the answer. */
export function platformPorts(on: RequestContext): Ports {
	const {
		env,
		execution,
		isolate,
		requestId,
		receivedAt,
		serving,
		recorder,
		claim,
		cut,
		address,
		identified,
		routing,
	} = on;
	const { health, settlements } = isolate;
	const beginSpan = spansOf(execution);
	return {
		isolate,
		route: (principal, model) => routing.plan(principal, model),
		learn: (candidate, failed, usage) => routing.learn(candidate, failed, usage),
		cacheMarks: (candidate) => routing.cacheMarks(candidate),
		providers: serving.byName,
		principal: (key) => principalOf(key, identified.last4, address),
		keyInForce: (seen) => stateInForce(on, identified, seen, receivedAt),
		ceiling: ({ teamId }, provider) => serving.defaults(teamId).ceiling(provider),
		reserve: async (number, spendRequest, principal, version) => {
			const attemptId = `${requestId}.${number}`;
			const spender = { env, execution, isolate, identified, attemptId, isFurther: number > 1, now: receivedAt };
			const endSpan = beginSpan("tollgate.admission");
			try {
				return await reserve(spender, spendRequest, principal, version);
			} catch (error) {
				// It may be held although no answer came, and nothing is sent.
				if (isLedgerUnavailable(error)) settlements.settle(on, identified.record.keyId, unused(attemptId, null));
				throw error;
			} finally {
				endSpan({ "tollgate.attempt_id": attemptId });
			}
		},
		trial: ({ model, credential, shutUntil }) =>
			health.trial(env, model.provider, { credential, model: model.id }, shutUntil === null ? "due" : "panic"),
		returnTrial: (candidate, permit) => returnTrial(on, candidate, permit),
		keepTrial: ({ model: { provider, id }, credential }, permit) =>
			keepTrial(env.PROVIDERS, { provider, credential, model: id }, permit.id),
		keepAlive: ({ attemptId, principal: { keyId, last4 } }) =>
			beatWhile(env.API_KEYS, keyId, attemptId, () => cut.abort(keyRefused(`${namedKey(last4)} ${REFUSALS.revoked}`))),
		begun: () => {
			claim?.begin();
			const write = recorder.begin();
			const endSpan = beginSpan("tollgate.attempt");
			return (attempt) => {
				endSpan({
					"tollgate.attempt_id": attempt.attemptId,
					"tollgate.end": attempt.end,
					"gen_ai.provider.name": attempt.provider,
					"gen_ai.request.model": attempt.model,
					"error.type": attempt.fault ?? undefined,
				});
				write(attempt);
			};
		},
		settle: ({ principal }, ended) => {
			settlements.settle(on, principal.keyId, ended);
			void claim?.end(!ended.void);
		},
		release: ({ attemptId, token, principal }) => {
			settlements.settle(on, principal.keyId, unused(attemptId, token));
		},
		nearest: (principal, model) => routing.nearest(principal, model),
		usualTtft: (candidate) => routing.usualTtft(candidate),
		report: (provider, outcome) => health.report(on, provider, outcome),
	};
}

/** How an attempt ends that was never sent. */
function unused(attemptId: string, token: HoldToken | null): EndedAttempt {
	return { attemptId, token, actual: 0, estimated: false, void: true, tokens: 0 };
}

function returnTrial(on: RequestContext, { model, credential }: Candidate, permit: TrialPermit): void {
	const now = on.isolate.clock();
	on.isolate.health.report(on, model.provider, {
		attemptId: `${on.requestId}.0`,
		credential,
		model: model.id,
		keyId: on.identified.record.keyId,
		fingerprint: "",
		startedAt: now,
		at: now,
		result: "ignored",
		fault: null,
		limits: null,
		midstream: false,
		retryAfterMs: null,
		ttftMs: null,
		stream: null,
		prompt: null,
		permit: permit.id,
	});
}
