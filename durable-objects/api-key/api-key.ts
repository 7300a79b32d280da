// All that the object of one API key decides, on interfaces: authority, limits, ledger, lease, and when to wake.
import type { BudgetSpec } from "#core/budget/budget";
import type { BudgetChange, BudgetChanged, KeyBudgetStatus } from "#core/budget/budget-status";
import type { TeamId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import type { Admission, AdmissionRequest } from "#core/key-object/admission";
import type { LateCost, LateOutcome } from "#core/key-object/late-cost";
import type { Reservation, ReserveRequest } from "#core/key-object/reservation";
import type { BatchOutcome, EndedBatch, Extension } from "#core/key-object/settlement";
import type { Swept } from "#core/usage/owed";
import { Lease } from "#durable-objects/api-key/lease/lease";
import { TeamExchange } from "#durable-objects/api-key/lease/team-exchange";
import { changeBudget } from "#durable-objects/api-key/ledger/corrections";
import { forgetPast, type PastPeriods } from "#durable-objects/api-key/ledger/forgetting";
import { Ledger } from "#durable-objects/api-key/ledger/ledger";
import type { JobStore, LedgerStore } from "#durable-objects/api-key/ledger/ledger-store";
import { KeyAuthority, type RegistrationStore, type Registry } from "#durable-objects/api-key/reserve/authority";
import { Limiter, newLimiterState } from "#durable-objects/api-key/reserve/limiter";
import { MAX_WAIT_MS, Places } from "#durable-objects/api-key/reserve/places";
import { type ActiveLimits, figuresOf, type ReserveContext, reserve } from "#durable-objects/api-key/reserve/reserve";
import type { RunningAttempt } from "#durable-objects/api-key/reserve/running-attempt";
import { UsageOutbox, type UsageOutboxStore } from "#durable-objects/api-key/usage/usage-outbox";
import { Alarm } from "#durable-objects/shared/alarm";
import type { LeaseReport, Lender, Loan, RecallReason } from "#durable-objects/shared/lease-protocol";
import type { Outbox } from "#durable-objects/shared/outbox";
import { budgetReports } from "./budget-report";
import { lateCost } from "./late-cost";
import type { LimiterSnapshot } from "./schema";
import { settle } from "./settle";

/** The ledger's store, with what `ApiKey` itself asks of it. */
export interface KeyLedgerStore extends LedgerStore, JobStore, PastPeriods, UsageOutboxStore {
	/** The end users that a budget has periods of, at most `most`. */
	endUsers(budgetId: string, most: number): readonly string[];
	hasRecord(id: string): boolean;
	/**
	 * Forgets settlements that no repetition can reach any more; returns in how many milliseconds to ask again, or null.
	 */
	prune(now: number): number | null;
}

interface LimiterStore {
	read(): LimiterSnapshot | null;
	write(snapshot: LimiterSnapshot): void;
}

/** Everything outside of one key's object. */
interface ApiKeyDeps {
	readonly keyId: string;
	readonly registrations: RegistrationStore;
	readonly registry: Registry;
	readonly limiter: LimiterStore;
	/** `alsoWrite` must run in the transaction of each commit that stores a record. */
	ledger(context: () => void): KeyLedgerStore;
	readonly team: Lender;
	readonly outbox: Outbox;
	readonly clock: () => number;
	/** Sets the object's one alarm, at which `wake` is called; replaces the alarm that is set. */
	wakeAt(at: number): void;
}

/**
 * After this many milliseconds without a hold or a settlement an object is idle, and gives up all that it holds unused.
 */
export const IDLE_MS = 10_000;
/** How long after a failure background work is tried again, in milliseconds. */
const RETRY_MS = 15_000;

/** All that one key's object decides. Its rules are those of the authority, the limiter, the ledger and the lease. */
export class ApiKey {
	readonly #deps: ApiKeyDeps;
	readonly #authority: KeyAuthority;
	readonly #store: KeyLedgerStore;
	readonly #usage: UsageOutbox;
	readonly #ledger: Ledger;
	readonly #lease: Lease;
	readonly #exchange: TeamExchange;
	readonly #running = new Map<string, RunningAttempt>();
	readonly #places = new Places();
	readonly #limiterState = newLimiterState();
	readonly #reserveContext: ReserveContext;
	#limits: ActiveLimits;
	/** The limiter has changed since its snapshot was stored. */
	#isUnsaved = false;
	/** Has `wake` called. */
	readonly #alarm: Alarm;
	/** The last hold or settlement. */
	#usedAt = 0;
	/** When past periods are looked for next; null for not before something is held. */
	#forgetAt: number | null = 0;

	constructor(deps: ApiKeyDeps) {
		this.#deps = deps;
		this.#alarm = new Alarm((at) => deps.wakeAt(at));
		this.#store = deps.ledger(() => this.#save());
		this.#usage = new UsageOutbox(this.#store, deps.outbox, deps.clock);
		this.#ledger = new Ledger(this.#store, []);
		this.#lease = new Lease(this.#ledger, deps.keyId);
		this.#exchange = new TeamExchange(this.#lease, (reports) => this.#askTeam(reports), deps.clock);
		const { running, ...rates } = deps.limiter.read() ?? { ...this.#limiterState, running: [] };
		Object.assign(this.#limiterState, rates);
		for (const [attemptId, until] of running) this.#limiterState.running.set(attemptId, until);
		this.#limits = { limits: {}, limiter: new Limiter({}, this.#limiterState) };
		const { registrations } = deps;
		const write = (registration: KeyRegistration): void => {
			// First put into force, then stored: after a failure between, the stored one is behind and the next admission
			// refreshes it.
			const before = this.#ledger.budgets.map(({ spec }) => spec).filter(isTeams);
			// Money that was lent under the old terms goes back, and is asked for again under the new ones.
			if (JSON.stringify(before) !== JSON.stringify(registration.budgets.filter(isTeams))) {
				this.#exchange.termsChanged();
				this.#returnAll();
			}
			const kept = new Set(registration.budgets.map(({ id }) => id));
			// The key may have nothing left to wake for.
			if (this.#ledger.budgets.some(({ spec }) => !kept.has(spec.id))) {
				this.#forgetAt = 0;
				this.#alarm.wakeAt(deps.clock() + IDLE_MS);
			}
			this.#apply(registration);
			registrations.write(registration);
		};
		this.#authority = new KeyAuthority({ read: () => registrations.read(), write }, deps.registry, deps.clock);
		if (this.#authority.current !== null) this.#apply(this.#authority.current);
		this.#reserveContext = {
			authority: this.#authority,
			ledger: this.#ledger,
			borrowing: this.#exchange,
			running: this.#running,
			clock: deps.clock,
			limits: () => this.#limits,
		};
		// The outbox may owe entries whose alarm was lost.
		this.#wakeForOutbox();
	}

	/** Whether a request may go on. Changes nothing, so it may be asked again. */
	admit(request: AdmissionRequest): Promise<Admission> {
		return this.#authority.admit(request);
	}

	/**
	 * Puts a change into force from the next request on. An older registration than the one in force is ignored. Returns
	 * the version in force.
	 */
	configure(registration: KeyRegistration): number {
		this.#keepAwake();
		const version = this.#authority.configure(registration);
		// No request of a revoked key follows, so the team gets its money back now and not when the key is idle.
		if (registration.revokedAt !== null) this.#returnAll();
		return version;
	}

	/**
	 * Holds money and a concurrency slot for one attempt, or says why not. Repeating it holds nothing more. One that may
	 * wait for a slot looks again whenever an attempt ends; the number of those that run never exceeds the limit.
	 */
	async reserve(request: ReserveRequest): Promise<Reservation> {
		if (this.#usage.isFull) return { outcome: "backlogged" };
		let left = Math.min(request.waitMs ?? 0, MAX_WAIT_MS);
		const until = this.#deps.clock() + left;
		for (;;) {
			const reservation = await reserve(this.#reserveContext, request);
			if (reservation.outcome === "granted") this.#used();
			if (left <= 0 || reservation.outcome !== "limited" || reservation.limit !== "concurrentRequests") {
				return reservation;
			}
			// After the last wait it is asked once more: a slot may have run out of time.
			left = (await this.#places.wait(left)) ? until - this.#deps.clock() : 0;
		}
	}

	/** Ends attempts and records requests. Repeating a batch changes nothing more. */
	settle(batch: EndedBatch): BatchOutcome {
		this.#used();
		const outcome = settle(this.#reserveContext, this.#store, this.#usage, batch);
		if (batch.items.length > 0) this.#places.freed();
		this.#usage.noted();
		this.#wakeForOutbox();
		return outcome;
	}

	/** Brings the charge of a job to its true cost, once, in the window in which it was held. May be repeated. */
	lateCost(cost: LateCost): LateOutcome {
		// What comes back of a team's money goes back to it when the key falls idle.
		this.#used();
		const outcome = lateCost(this.#reserveContext, this.#store, this.#usage, cost);
		this.#usage.noted();
		this.#wakeForOutbox();
		return outcome;
	}

	/** Ships what the object owes by now, as far as D1 takes it; returns what is left. */
	async sweep(): Promise<Swept> {
		this.#keepAwake();
		const swept = await this.#usage.sweep();
		this.#keepAwake();
		return swept;
	}

	/** Keeps a running attempt's hold open and its slot taken for `openMs` milliseconds from now. */
	async extend(attemptId: string, openMs: number): Promise<Extension> {
		const until = this.#deps.clock() + openMs;
		this.#keepAwake();
		const attempt = this.#running.get(attemptId);
		if (attempt !== undefined) attempt.expiresAt = Math.max(attempt.expiresAt, until);
		this.#limits.limiter.extend(attemptId, until);
		this.#ledger.extend(attemptId, until);
		return { revoked: (await this.#authority.registration())?.revokedAt !== null };
	}

	/** Throws when no such key was ever registered. */
	async budgetStatus(): Promise<KeyBudgetStatus> {
		if ((await this.#authority.registration()) === null) throw new Error("there is no such key");
		const now = this.#deps.clock();
		return {
			limits: this.#limits.limits,
			figures: figuresOf(this.#limits, now),
			budgets: budgetReports(this.#ledger, this.#store, this.#exchange, now),
		};
	}

	/** Changes a budget's money in the window of now. Repeating it changes nothing more. */
	async adjust(change: BudgetChange): Promise<BudgetChanged> {
		await this.#authority.registration();
		this.#keepAwake();
		return changeBudget(this.#ledger, this.#store, change, this.#deps.clock());
	}

	/** For the team: what the key has spent of its money. */
	async report(): Promise<readonly LeaseReport[]> {
		await this.#authority.registration();
		this.#keepAwake();
		return this.#lease.report(this.#deps.clock());
	}

	/** For the team: gives back all that is not used, and says so. After an excess, also what comes free from now on. */
	async recall(why: RecallReason): Promise<readonly LeaseReport[]> {
		await this.#authority.registration();
		// The answer may be lost.
		this.#alarm.wakeAt(this.#deps.clock() + RETRY_MS);
		if (why === "excess") this.#exchange.termsChanged();
		return this.#lease.giveBack("all", this.#deps.clock());
	}

	/** Does the background work that is due. Never throws: what fails is tried again. */
	async wake(): Promise<void> {
		this.#alarm.rang();
		const now = this.#deps.clock();
		const isIdle = now - this.#usedAt >= IDLE_MS;
		// If this copy dies in what follows, the alarm starts another one.
		if (this.#usage.dueAt !== null) this.#alarm.wakeAt(isIdle ? now + RETRY_MS : this.#usedAt + IDLE_MS);
		const tasks = [() => this.#rest(now, isIdle), () => this.#forget(now), () => this.#giveBack(isIdle)];
		for (const task of [...tasks, () => this.#flush()]) {
			const wakeAt = await orElse(task, now + RETRY_MS);
			if (wakeAt !== null) this.#alarm.wakeAt(wakeAt);
		}
	}

	/** Has `wake` called at `at` or before. */
	wakeBy(at: number): void {
		this.#keepAwake();
		this.#alarm.wakeAt(at);
	}

	#apply({ limits, budgets }: KeyRegistration): void {
		const limiter = new Limiter(limits, this.#limiterState);
		this.#ledger.configure(budgets);
		this.#limits = { limits, limiter };
		this.#places.freed();
	}

	/** Gives back all that the key holds unused. The team hears of it now, or when `wake` reports it again. */
	#returnAll(): void {
		this.#alarm.wakeAt(this.#deps.clock() + RETRY_MS);
		void this.#exchange.giveBack("all").catch(() => {});
	}

	async #askTeam(reports: readonly LeaseReport[]): Promise<readonly Loan[]> {
		const teamId = this.#authority.current?.teamId;
		if (teamId === undefined) throw new Error("the key's team is not known yet");
		// Money that arrives and is not used must go back, even if this copy dies before that. A replaced copy may believe
		// in an alarm that has already rung for its successor, so the alarm is always set again before asking.
		if (reports.some(({ least }) => least > 0)) {
			this.#alarm.wakeSurely(this.#deps.clock() + IDLE_MS);
		}
		return this.#deps.team.exchange(teamId, reports);
	}

	#used(): void {
		this.#usedAt = this.#deps.clock();
		// What is held now is forgotten some day.
		this.#forgetAt ??= 0;
		this.#isUnsaved = true;
		if (this.#isBound) this.#alarm.wakeAt(this.#usedAt + IDLE_MS);
		this.#wakeForOutbox();
	}

	/** An alarm may have been lost with an older copy, so every call makes sure that one is set. */
	#keepAwake(): void {
		if (this.#isBound && !this.#alarm.isSet) this.#alarm.wakeAt(this.#deps.clock() + IDLE_MS);
		this.#wakeForOutbox();
	}

	#wakeForOutbox(): void {
		if (this.#usage.dueAt !== null) this.#alarm.wakeAt(this.#usage.dueAt);
	}

	get #isBound(): boolean {
		return this.#ledger.budgets.length > 0 || Object.keys(this.#limits.limits).length > 0;
	}

	/**
	 * Gives up what an idle key holds unused. This and the tasks below return when they want to be called again, or null.
	 */
	#rest(now: number, isIdle: boolean): number | null {
		this.#expire(now);
		if (!this.#isBound) return null;
		if (!isIdle) return this.#usedAt + IDLE_MS;
		this.#ledger.rest();
		this.#save();
		return this.#nextExpiry();
	}

	#forget(now: number): number | null {
		const rest = this.#store.prune(now);
		const registeredAt = this.#authority.current?.version;
		if (registeredAt !== undefined && this.#forgetAt !== null && now >= this.#forgetAt) {
			this.#forgetAt = forgetPast(this.#ledger, this.#store, registeredAt, now);
		}
		const pruneAt = rest === null ? null : now + rest;
		if (this.#forgetAt === null) return pruneAt;
		// An alarm may ring before the time by this copy's clock.
		const forgetAt = Math.max(this.#forgetAt, now + RETRY_MS);
		return Math.min(pruneAt ?? forgetAt, forgetAt);
	}

	async #giveBack(isIdle: boolean): Promise<number | null> {
		return (await this.#exchange.giveBack(isIdle ? "all" : "past")) ? null : this.#deps.clock() + RETRY_MS;
	}

	async #flush(): Promise<number | null> {
		if (this.#usage.isReady) await this.#usage.flush();
		return this.#usage.dueAt;
	}

	/** Holds past their time stay charged: they are recorded as expired, and no longer count as open. */
	#expire(now: number): void {
		const teamId = this.#authority.current?.teamId ?? ("" as TeamId);
		this.#ledger.expire(now, (hold) => this.#usage.expired(teamId, hold, this.#running.get(hold.token.attemptId)));
		for (const [attemptId, { expiresAt }] of this.#running) if (expiresAt <= now) this.#running.delete(attemptId);
	}

	#nextExpiry(): number | null {
		let next: number | null = null;
		for (const { expiresAt } of this.#running.values()) next = Math.min(next ?? expiresAt, expiresAt);
		return next;
	}

	/** Writes a row, so it runs with other commits, and once more when the key falls idle. */
	#save(): void {
		if (!this.#isUnsaved || Object.keys(this.#limits.limits).length === 0) return;
		this.#deps.limiter.write({ ...this.#limiterState, running: [...this.#limiterState.running] });
		this.#isUnsaved = false;
	}
}

async function orElse(task: () => number | null | Promise<number | null>, otherwise: number): Promise<number | null> {
	try {
		return await task();
	} catch {
		return otherwise;
	}
}

function isTeams({ owner }: BudgetSpec): boolean {
	return owner === "team";
}
