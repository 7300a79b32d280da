import type { BudgetSpec } from "#core/budget/budget";
import type { BudgetChange, BudgetChanged, KeyBudgetStatus } from "#core/budget/budget-status";
import type { TeamId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import type { Admission, Question } from "#core/key-object/admission";
import type { Reservation, ReserveRequest } from "#core/key-object/reservation";
import type { BatchOutcome, EndedBatch, Extension } from "#core/key-object/settlement";
import type { Swept } from "#core/usage/owed";
import { Lease } from "#durable-objects/api-key/lease/lease";
import { TeamExchange } from "#durable-objects/api-key/lease/team-exchange";
import { change } from "#durable-objects/api-key/ledger/change";
import { Ledger } from "#durable-objects/api-key/ledger/ledger";
import type { LedgerStore } from "#durable-objects/api-key/ledger/ledger-store";
import { KeyAuthority, type RegistrationStore, type Registry } from "#durable-objects/api-key/reserve/authority";
import { Limiter, newLimiterState } from "#durable-objects/api-key/reserve/limiter";
import {
	type ActiveLimits,
	figuresOf,
	type ReserveContext,
	type RunningAttempt,
	reserve,
} from "#durable-objects/api-key/reserve/reserve";
import { UsageOutbox, type UsageOutboxStore } from "#durable-objects/api-key/usage/usage-outbox";
import { Alarm } from "#durable-objects/shared/alarm";
import type { LeaseReport } from "#durable-objects/shared/lease-messages";
import type { Lender, Loan, RecallReason } from "#durable-objects/shared/loan";
import type { Outbox } from "#durable-objects/shared/outbox";
import { standings } from "./budget-report";
import type { LimiterSnapshot } from "./schema";
import { settle } from "./settle";

/** The ledger's store, with what only the shell around the ledger asks of it. */
export interface KeyLedgerStore extends LedgerStore, UsageOutboxStore {
	/** The end users that a budget has lines of, at most `most`. */
	endUsers(budgetId: string, most: number): readonly string[];
	hasRecord(id: string): boolean;
	/** Forgets settlements that no repetition can reach any more; returns how long to wait before more can be, or null. */
	prune(now: number): number | null;
}

export interface LimiterStore {
	read(): LimiterSnapshot | null;
	write(snapshot: LimiterSnapshot): void;
}

/** What one key's object stands on; everything outside of it. */
export interface ApiKeyDeps {
	readonly keyId: string;
	readonly registrations: RegistrationStore;
	readonly registry: Registry;
	readonly limiter: LimiterStore;
	/** `beside` is to run in the transaction of each commit that stores a record. */
	ledger(beside: () => void): KeyLedgerStore;
	readonly team: Lender;
	readonly outbox: Outbox;
	readonly clock: () => number;
	/** Sets the object's one alarm, at which `wake` is called, in place of the one that is set. */
	wakeAt(at: number): void;
}

/** Without a hold or a settlement for so long, an object counts as idle: it gives up all that it holds unused. */
export const IDLE_MS = 10_000;
/** How long after a failure what is to be done in the background is tried again. */
const RETRY_MS = 15_000;

/** All that one key's object decides. Its rules are those of the authority, the limiter, the ledger and the lease. */
export class ApiKey {
	readonly #ground: ApiKeyDeps;
	readonly #authority: KeyAuthority;
	readonly #store: KeyLedgerStore;
	readonly #accounting: UsageOutbox;
	readonly #ledger: Ledger;
	readonly #lease: Lease;
	readonly #borrowing: TeamExchange;
	readonly #running = new Map<string, RunningAttempt>();
	readonly #limiterState = newLimiterState();
	readonly #desk: ReserveContext;
	#limits: ActiveLimits;
	/** The limiter knows what its snapshot does not. */
	#isUnsaved = false;
	/** Has `wake` called. */
	readonly #alarm: Alarm;
	/** The last hold or settlement. */
	#usedAt = 0;

	constructor(ground: ApiKeyDeps) {
		this.#ground = ground;
		this.#alarm = new Alarm((at) => ground.wakeAt(at));
		this.#store = ground.ledger(() => this.#save());
		this.#accounting = new UsageOutbox(this.#store, ground.outbox, ground.clock);
		this.#ledger = new Ledger(this.#store, []);
		this.#lease = new Lease(this.#ledger, ground.keyId);
		this.#borrowing = new TeamExchange(this.#lease, (reports) => this.#askTeam(reports), ground.clock);
		const { running, ...rates } = ground.limiter.read() ?? { ...this.#limiterState, running: [] };
		Object.assign(this.#limiterState, rates);
		for (const [attemptId, until] of running) this.#limiterState.running.set(attemptId, until);
		this.#limits = { limits: {}, limiter: new Limiter({}, this.#limiterState) };
		const { registrations } = ground;
		const write = (registration: KeyRegistration): void => {
			// First in force, then remembered: when this fails between, the older one is found to be behind and asked for again.
			const before = this.#ledger.budgets.map(({ spec }) => spec).filter(isTeams);
			// Money that was lent under other terms is asked for again under the new ones.
			if (JSON.stringify(before) !== JSON.stringify(registration.budgets.filter(isTeams))) {
				this.#borrowing.termsChanged();
				this.#returnAll();
			}
			this.#govern(registration);
			registrations.write(registration);
		};
		this.#authority = new KeyAuthority({ read: () => registrations.read(), write }, ground.registry, ground.clock);
		if (this.#authority.held !== null) this.#govern(this.#authority.held);
		this.#desk = {
			authority: this.#authority,
			ledger: this.#ledger,
			borrowing: this.#borrowing,
			running: this.#running,
			clock: ground.clock,
			limits: () => this.#limits,
		};
		// Its alarm may be lost.
		this.#wakeForAccounting();
	}

	/** Whether a request may go on. Changes nothing, so it may be asked again. */
	admit(question: Question): Promise<Admission> {
		return this.#authority.admit(question);
	}

	/** Puts a change into force from the next request on. Older than what is held: ignored. Returns the version in force. */
	configure(registration: KeyRegistration): number {
		this.#keepAwake();
		const version = this.#authority.configure(registration);
		// Nobody will ask for this key again, so its team need not wait until it counts as idle.
		if (registration.revokedAt !== null) this.#returnAll();
		return version;
	}

	/** Holds money and a place for one attempt, or says why not. Repeating it holds nothing more. */
	async reserve(request: ReserveRequest): Promise<Reservation> {
		if (this.#accounting.isFull) return { outcome: "backlogged" };
		const reservation = await reserve(this.#desk, request);
		if (reservation.outcome === "granted") this.#used();
		return reservation;
	}

	/** Ends attempts and writes down requests. Repeating a batch changes nothing more. */
	settle(batch: EndedBatch): BatchOutcome {
		this.#used();
		const outcome = settle(this.#desk, this.#accounting, batch);
		this.#accounting.noted();
		this.#wakeForAccounting();
		return outcome;
	}

	/** Ships to D1 whatever is owed by now, or as much as it takes; returns what is left. */
	async sweep(): Promise<Swept> {
		this.#keepAwake();
		const swept = await this.#accounting.sweep();
		this.#keepAwake();
		return swept;
	}

	/** A sign of life of a running attempt: keeps its hold open and its place taken for `openMs` from now. */
	async extend(attemptId: string, openMs: number): Promise<Extension> {
		const until = this.#ground.clock() + openMs;
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
		const now = this.#ground.clock();
		return {
			limits: this.#limits.limits,
			figures: figuresOf(this.#limits, now),
			budgets: standings(this.#ledger, this.#store, this.#borrowing, now),
		};
	}

	/** Changes a budget's money in the window of now. Repeating it changes nothing more. */
	async adjust(wanted: BudgetChange): Promise<BudgetChanged> {
		await this.#authority.registration();
		this.#keepAwake();
		return change(this.#ledger, this.#store, wanted, this.#ground.clock());
	}

	/** For the team: what the key has spent of its money. */
	async report(): Promise<readonly LeaseReport[]> {
		await this.#authority.registration();
		this.#keepAwake();
		return this.#lease.report(this.#ground.clock());
	}

	/** For the team: gives back all that is not used, and says so. After an excess, also what comes free from now on. */
	async recall(why: RecallReason): Promise<readonly LeaseReport[]> {
		await this.#authority.registration();
		// The answer may be lost.
		this.#alarm.wakeAt(this.#ground.clock() + RETRY_MS);
		if (why === "excess") this.#borrowing.termsChanged();
		return this.#lease.giveBack("all", this.#ground.clock());
	}

	/** What is to be done in the background. Never throws: what fails is tried again. */
	async wake(): Promise<void> {
		this.#alarm.rang();
		const now = this.#ground.clock();
		const isIdle = now - this.#usedAt >= IDLE_MS;
		// Should this copy not come back from what follows, another one goes on.
		if (this.#accounting.dueAt !== null) this.#alarm.wakeAt(isIdle ? now + RETRY_MS : this.#usedAt + IDLE_MS);
		const tasks = [() => this.#rest(now, isIdle), () => this.#forget(now), () => this.#giveBack(isIdle)];
		for (const task of [...tasks, () => this.#flush()]) {
			const wish = await attempt(task, now + RETRY_MS);
			if (wish !== null) this.#alarm.wakeAt(wish);
		}
	}

	/** Sees to it that `wake` is called by then. */
	wakeBy(at: number): void {
		this.#keepAwake();
		this.#alarm.wakeAt(at);
	}

	#govern({ limits, budgets }: KeyRegistration): void {
		const limiter = new Limiter(limits, this.#limiterState);
		this.#ledger.configure(budgets);
		this.#limits = { limits, limiter };
	}

	/** What the key holds unused is out of its hands when this returns; the team hears of it now, or when `wake` says it again. */
	#returnAll(): void {
		this.#alarm.wakeAt(this.#ground.clock() + RETRY_MS);
		void this.#borrowing.giveBack("all").catch(() => {});
	}

	async #askTeam(reports: readonly LeaseReport[]): Promise<readonly Loan[]> {
		const teamId = this.#authority.held?.teamId;
		if (teamId === undefined) throw new Error("the key's team is not known yet");
		// What comes of it and nobody takes has to go back, even if this copy does not live to see it. One that was replaced
		// may believe in a timer that another has used up, and must not ask at all: so the timer is always set again.
		if (reports.some(({ least }) => least > 0)) {
			this.#alarm.wakeSurely(this.#ground.clock() + IDLE_MS);
		}
		return this.#ground.team.exchange(teamId, reports);
	}

	#used(): void {
		this.#usedAt = this.#ground.clock();
		this.#isUnsaved = true;
		if (this.#isBound) this.#alarm.wakeAt(this.#usedAt + IDLE_MS);
		this.#wakeForAccounting();
	}

	/** A timer may have been lost with an older copy, so every call sees to it that there is one. */
	#keepAwake(): void {
		if (this.#isBound && !this.#alarm.isSet) this.#alarm.wakeAt(this.#ground.clock() + IDLE_MS);
		this.#wakeForAccounting();
	}

	#wakeForAccounting(): void {
		if (this.#accounting.dueAt !== null) this.#alarm.wakeAt(this.#accounting.dueAt);
	}

	get #isBound(): boolean {
		return this.#ledger.budgets.length > 0 || Object.keys(this.#limits.limits).length > 0;
	}

	/** Gives up what an idle key holds unused. Each of these returns when it wants to be called again; null for not. */
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
		return rest === null ? null : now + rest;
	}

	async #giveBack(isIdle: boolean): Promise<number | null> {
		return (await this.#borrowing.giveBack(isIdle ? "all" : "past")) ? null : this.#ground.clock() + RETRY_MS;
	}

	async #flush(): Promise<number | null> {
		if (this.#accounting.isReady) await this.#accounting.flush();
		return this.#accounting.dueAt;
	}

	/** Holds past their time stay charged: they are written down as such, and no longer count as open. */
	#expire(now: number): void {
		const teamId = this.#authority.held?.teamId ?? ("" as TeamId);
		this.#ledger.expire(now, (hold) => this.#accounting.expired(teamId, hold, this.#running.get(hold.token.attemptId)));
		for (const [attemptId, { expiresAt }] of this.#running) if (expiresAt <= now) this.#running.delete(attemptId);
	}

	#nextExpiry(): number | null {
		let next: number | null = null;
		for (const { expiresAt } of this.#running.values()) next = Math.min(next ?? expiresAt, expiresAt);
		return next;
	}

	/** Costs a row, so it goes along with other commits, and is done once more when the key falls idle. */
	#save(): void {
		if (!this.#isUnsaved || Object.keys(this.#limits.limits).length === 0) return;
		this.#ground.limiter.write({ ...this.#limiterState, running: [...this.#limiterState.running] });
		this.#isUnsaved = false;
	}
}

async function attempt(task: () => number | null | Promise<number | null>, otherwise: number): Promise<number | null> {
	try {
		return await task();
	} catch {
		return otherwise;
	}
}

function isTeams({ owner }: BudgetSpec): boolean {
	return owner === "team";
}
