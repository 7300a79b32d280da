/** One attempt with its hold, from its beginning to its one end in all books. */
import { createHash } from "node:crypto";
import { promptTokens, type Usage } from "#core/chat/usage";
import type { Fault } from "#core/fault";
import type { Outcome } from "#core/health/health";
import type { ProviderName } from "#core/ids";
import type { KeyPolicy } from "#core/key/policy";
import type { Learnt } from "#core/routing/routing-memory";
import type { AttemptRecord } from "#core/usage/request-record";
import type { HedgeCosts } from "#gateway/attempts/hedging/hedge-costs";
import type { Hold } from "#gateway/spending/reservation";
import { type AttemptEnding, chargeFor, faultOf } from "#gateway/upstream/charge";
import type { Listener } from "#gateway/upstream/gated-stream";
import type { UpstreamRequest } from "#gateway/upstream/upstream-request";
import { priceAt } from "#metering/cost";
import { isProviderFault } from "./fault-policy";
import type { Ports } from "./ports";
import type { HeldAttempt, PreparedAttempt } from "./prepared-attempt";

/**
 * An attempt with its hold: kept alive while it runs, and ended once, whatever it came to: settled, reported to the
 * provider's health, and written down.
 */
export class Attempt implements Listener {
	readonly prepared: PreparedAttempt;
	readonly hold: Hold;
	/** What is sent. */
	readonly upstream: UpstreamRequest;
	/** The limit in tokens that is sent because the hold affords no more; else null. */
	readonly clampedTo: number | null;
	/** When it began, in milliseconds since the epoch. */
	readonly startedAt: number;
	readonly clock: () => number;
	readonly #ports: Ports;
	readonly #hedging: HedgeCosts | null;
	readonly #leave: AbortController | null;
	readonly #stopBeating: () => void;
	readonly #stopTrying: () => void;
	readonly #writeDown: (record: AttemptRecord) => void;
	#firstAt: number | null = null;
	#label = "left";
	#isCommitted = false;
	#isPassedOver = false;
	#hasEnded = false;

	/** With `hedging` it may be abandoned for another attempt, and tells there what it cost. */
	constructor({ prepared, hold, upstream, clampedTo }: HeldAttempt, ports: Ports, hedging: HedgeCosts | null) {
		this.prepared = prepared;
		this.hold = hold;
		this.#hedging = hedging;
		this.#leave = hedging === null ? null : new AbortController();
		const caller = this.#leave === null ? upstream.caller : AbortSignal.any([upstream.caller, this.#leave.signal]);
		this.upstream = this.#leave === null ? upstream : { ...upstream, caller };
		this.clampedTo = clampedTo;
		this.#ports = ports;
		this.clock = ports.isolate.clock;
		this.startedAt = this.clock();
		this.#stopBeating = ports.keepAlive(hold);
		this.#stopTrying = prepared.permit === null ? () => {} : ports.keepTrial(prepared.candidate, prepared.permit);
		this.#writeDown = ports.begun();
	}

	/** When the first content of a stream came, in milliseconds since the epoch; null when none has. */
	get firstAt(): number | null {
		return this.#firstAt;
	}

	get provider(): ProviderName {
		return this.upstream.provider.name;
	}

	get model(): string {
		return this.upstream.model.id;
	}

	get policy(): KeyPolicy {
		return this.hold.principal.policy;
	}

	/** For `x-tollgate-attempts`: "openai:200", "openai:timeout"; "openai:left" when it was abandoned. */
	get label(): string {
		return `${this.upstream.provider.name}:${this.#label}`;
	}

	/** Its answer is the one that the caller gets. */
	commit(): void {
		this.#label = "200";
		this.#isCommitted = true;
	}

	get isCommitted(): boolean {
		return this.#isCommitted;
	}

	/** Another attempt was quicker: lets go of the upstream, which may bill what it did. */
	abandon(): void {
		this.#leave?.abort();
	}

	/** Its answer is passed over for a better one. */
	passOver(why: "escalated" | "slow"): void {
		this.#label = why;
		this.#isPassedOver = true;
	}

	content(): void {
		this.#stopTrying();
		this.#firstAt = this.clock();
		this.#report("ok", this.#firstAt, null, { ttftMs: this.#firstAt - this.startedAt });
	}

	end(ending: AttemptEnding): void {
		if (this.#hasEnded) return;
		this.#hasEnded = true;
		this.#stopBeating();
		this.#stopTrying();
		const now = this.clock();
		const fault = faultOf(ending);
		if (ending.how !== "answered" && ending.cause !== null && !this.#isCommitted) this.#label = labelOf(ending.cause);
		const { ended, usage, implausible } = chargeFor(this.upstream, this.hold, ending);
		this.#hedging?.ended(this, ended.actual);
		const learnt = this.#learn(ending, fault, usage);
		// What it truly costs is known when the job is over: until then it is charged its full price.
		const begins = ending.how === "answered" && this.upstream.operation.beginsJob === true;
		this.#ports.settle(this.hold, {
			...ended,
			...(begins && { jobId: this.hold.attemptId }),
			...(learnt !== undefined && { learnt }),
		});
		this.#judge(ending, fault, now);
		const { provider, model, credential } = this.upstream;
		const begin = this.upstream.receivedAt;
		this.#writeDown({
			attemptId: this.hold.attemptId,
			provider: provider.name,
			model: model.id,
			credential: credential.id,
			simulated: provider.simulated,
			startedMs: this.startedAt - begin,
			endedMs: now - begin,
			ttftMs: this.#firstAt === null ? null : this.#firstAt - begin,
			end: this.#endOf(ending),
			fault: fault !== null && isProviderFault(fault.kind) ? fault.kind : null,
			upstreamStatus: ending.how === "answered" ? 200 : (fault?.status ?? null),
			usage,
			...(implausible !== undefined && { claim: implausible }),
			cost: ended.actual,
			estimated: ended.estimated,
			...(!ended.void && priceAt(this.upstream.model, begin) === null && { unpriced: true }),
		});
	}

	#endOf(ending: AttemptEnding): AttemptRecord["end"] {
		if (ending.how === "answered") return "answered";
		if (this.#firstAt !== null) return "cut";
		return ending.cause === null ? "left" : "failed";
	}

	/** The caller's mistakes, its leaving and the gateway's own mistakes teach nothing. */
	#learn(ending: AttemptEnding, fault: Fault | null, usage: Usage | null): Learnt | undefined {
		if (ending.how !== "answered" && (fault === null || !isProviderFault(fault.kind))) return undefined;
		return this.#ports.learn(this.prepared.candidate, ending.how !== "answered" || this.#isPassedOver, usage);
	}

	/** A stream was judged at its first content; then follows what else it taught. */
	#judge(ending: AttemptEnding, fault: Fault | null, now: number): void {
		if (ending.how === "answered") {
			const { usage, implausible } = ending.bill;
			const isStream = this.#firstAt !== null;
			this.#report(isStream ? "ignored" : "ok", now, null, {
				...(this.#firstAt !== null &&
					implausible === undefined && { stream: { ms: now - this.#firstAt, outputTokens: usage.output } }),
				...(usage.source === "provider" && { prompt: { tokens: promptTokens(usage), cached: usage.cacheRead } }),
			});
		} else if (fault !== null && isProviderFault(fault.kind)) {
			this.#report("failed", now, fault, { midstream: this.#firstAt !== null });
		} else if (this.#firstAt === null) this.#report("ignored", now, null, {});
	}

	#report(result: Outcome["result"], at: number, fault: Fault | null, more: Partial<Outcome>): void {
		const { provider, model, credential } = this.upstream;
		this.#ports.report(provider.name, {
			attemptId: this.hold.attemptId,
			credential: credential.id,
			model: model.id,
			keyId: this.hold.principal.keyId,
			// Only failures are told apart by it.
			fingerprint: result === "failed" ? fingerprint(this.upstream) : "",
			startedAt: this.startedAt,
			at,
			result,
			fault: fault?.kind ?? null,
			limits: fault?.limits ?? null,
			midstream: false,
			retryAfterMs: fault?.retryAfterMs ?? null,
			ttftMs: null,
			stream: null,
			prompt: null,
			permit: this.prepared.permit?.id ?? null,
			...more,
		});
	}
}

/** A success that turned out to be none is named by what was wrong. */
function labelOf(cause: Fault | "internal"): string {
	if (cause === "internal") return cause;
	const { status, kind } = cause;
	return status !== null && status >= 400 ? String(status) : kind;
}

/** A hash of what is asked, equal for equal requests. */
function fingerprint({ operation, request }: UpstreamRequest): string {
	return createHash("sha256")
		.update(JSON.stringify(operation.subject(request)))
		.digest("hex")
		.slice(0, 16);
}
