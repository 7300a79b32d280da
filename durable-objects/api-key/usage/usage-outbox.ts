// What a key's object owes to D1 beside its settlements, and when it ships it.
import type { TeamId } from "#core/ids";
import type { Swept } from "#core/usage/owed";
import type { UsageCount } from "#core/usage/usage-entry";
import type { ExpiredHold } from "#durable-objects/api-key/ledger/batch-context";
import type { OpenHold } from "#durable-objects/api-key/ledger/open-holds";
import { attemptTarget, type RunningAttempt } from "#durable-objects/api-key/reserve/running-attempt";
import type { Outbox } from "#durable-objects/shared/outbox";
import { RefusalCounter } from "./refusal-counter";

/** Where the object records what is not a batch of settlements. Each record is owed to D1 once it is written. */
export interface UsageOutboxStore {
	/** Records a hold that ran out at `expiredAt`; a repetition records nothing more. */
	recordExpired(teamId: TeamId, expired: ExpiredHold, expiredAt: number, now: number): void;
	recordRefused(refused: readonly UsageCount[], now: number): void;
	/** Those of the attempts whose holds ran out, and whose settlement has not come. */
	expiredAmong(attemptIds: readonly string[]): readonly ExpiredHold[];
}

/** Throws what the store throws. */
export class UsageOutbox {
	readonly refusals = new RefusalCounter();
	readonly #store: UsageOutboxStore;
	readonly #outbox: Outbox;
	readonly #clock: () => number;

	constructor(store: UsageOutboxStore, outbox: Outbox, clock: () => number) {
		this.#store = store;
		this.#outbox = outbox;
		this.#clock = clock;
	}

	/** When `flush` should be called; null when nothing is owed. */
	get dueAt(): number | null {
		return this.#outbox.dueAt;
	}

	/** Something is owed, and `flush` may be called now. */
	get isReady(): boolean {
		return this.#outbox.isReady;
	}

	/** The object owes too much to take more work. */
	get isFull(): boolean {
		return this.#outbox.isFull;
	}

	expiredAmong(attemptIds: readonly string[]): readonly ExpiredHold[] {
		return this.#store.expiredAmong(attemptIds);
	}

	/** To be called when a batch was stored. */
	noted(): void {
		this.#outbox.noted();
	}

	/** Records a hold that ran out, which stays charged; `attempt` is what this copy knows of it. */
	expired(teamId: TeamId, { token, expiresAt }: OpenHold, attempt: RunningAttempt | undefined): void {
		const { attemptId, amount } = token;
		if (amount === 0) return;
		const target = attempt === undefined ? { provider: null, model: null } : attemptTarget(attempt);
		this.#store.recordExpired(teamId, { attemptId, amount, ...target }, expiresAt, this.#clock());
		this.#outbox.noted();
	}

	/** Ships what the object owes by now, as far as D1 takes it. */
	async flush(): Promise<void> {
		this.#writeRefusals();
		await this.#outbox.flush();
	}

	/** The same for the sweeper. */
	sweep(): Promise<Swept> {
		this.#writeRefusals();
		return this.#outbox.sweep();
	}

	#writeRefusals(): void {
		const { counted } = this.refusals;
		if (counted.length === 0) return;
		this.#store.recordRefused(counted, this.#clock());
		this.refusals.reset();
		this.#outbox.noted();
	}
}
