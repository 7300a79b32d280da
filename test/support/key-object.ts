// A key's object in memory, with everything around it handed in.
import type { BudgetSpec } from "#core/budget/budget";
import type { TeamRegistration } from "#core/budget/budget-status";
import type { KeyId, SecretId, TeamId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import type { Reservation, ReserveRequest } from "#core/key-object/reservation";
import { ApiKey, type KeyLedgerStore } from "#durable-objects/api-key/api-key";
import type { LimiterSnapshot } from "#durable-objects/api-key/schema";
import type { Loan } from "#durable-objects/shared/lease-protocol";
import { Outbox, type OutboxShipper, type OutboxStore } from "#durable-objects/shared/outbox";
import { Team } from "#durable-objects/team/team";
import { type Disk, DiskStore, newDisk } from "./disk";
import { newTeamDisk, TeamDiskStore } from "./team-disk";

/** What becomes of usage is tested elsewhere. */
const OWES_NOTHING: OutboxStore = {
	backlog: { weight: 0, oldestAt: null },
	acknowledged: { entries: 0, cost: 0 },
	oldest: () => null,
	acknowledge: () => {},
	setAside: () => {},
};
const CARRIES_NOTHING: OutboxShipper = { ship: async () => {}, shipRefused: async () => {}, markDirty: async () => {} };

export const START = Date.UTC(2027, 4, 5, 12);
const SECRET = "sec_1" as SecretId;
const TEAM = "team_1" as TeamId;

export function budget(spec: Partial<BudgetSpec> = {}): BudgetSpec {
	return {
		id: "b",
		limit: 1_000,
		window: "total",
		timeZone: "UTC",
		owner: "key",
		action: "block",
		perEndUser: false,
		...spec,
	};
}

/** One key's object on a disk that outlives it. */
export class Key {
	readonly id: string;
	readonly #world: World;
	readonly disk: Disk = newDisk();
	#stored: KeyRegistration | null = null;
	#snapshot: LimiterSnapshot | null = null;
	#attempts = 0;
	#batches = 0;
	registered: KeyRegistration;
	store!: DiskStore & KeyLedgerStore;
	teller!: ApiKey;
	wakesAt: number | null = null;
	isReachable = true;

	constructor(world: World, id: string, more: Partial<KeyRegistration>) {
		this.id = id;
		this.#world = world;
		this.registered = {
			keyId: id as KeyId,
			teamId: TEAM,
			name: id,
			version: 1,
			policy: {},
			revokedAt: null,
			secrets: [{ id: SECRET, validUntil: null }],
			limits: {},
			budgets: [],
			...more,
		};
		this.restart();
	}

	/** A fresh copy of the object takes over; returns the one before, which lives on. */
	restart(): ApiKey {
		const before = this.teller;
		this.disk.owner++;
		let beside = (): void => {};
		this.store = Object.assign(new DiskStore(this.disk, this.disk.owner), {
			endUsers: (budgetId: string, most: number) => this.#endUsers(budgetId).slice(0, most),
			forgetBefore: (budgetId: string, window: number) =>
				this.#forget((of, at) => of === budgetId && at < window, budgetId),
			forgetAllBut: (budgetIds: readonly string[]) => {
				this.#forget((of) => !budgetIds.includes(of));
				for (const [id, job] of this.disk.jobs) {
					if (job === "closed") continue;
					const periods = job.periods.filter(({ budgetId }) => budgetIds.includes(budgetId));
					this.disk.jobs.set(id, { ...job, periods });
				}
			},
			hasRecord: (id: string) => this.disk.records.has(id),
			prune: () => null,
			recordExpired: () => {},
			recordRefused: () => {},
			expiredAmong: () => [],
		});
		const commit = this.store.commit.bind(this.store);
		this.store.commit = (change) => {
			const outcome = commit(change);
			if (change.record !== null && outcome === "committed") beside();
			return outcome;
		};
		const { clock } = this.#world;
		const { store } = this;
		this.teller = new ApiKey({
			keyId: this.id,
			registrations: {
				read: () => this.#stored,
				write: (registration) => {
					this.#stored = registration;
				},
			},
			registry: { read: async () => this.registered },
			limiter: {
				read: () => this.#snapshot,
				write: (snapshot) => {
					this.#snapshot = snapshot;
					this.disk.rows++;
				},
			},
			ledger: (save) => {
				beside = save;
				return store;
			},
			team: { exchange: (_, reports) => this.#world.exchange(reports) },
			outbox: new Outbox(OWES_NOTHING, CARRIES_NOTHING, clock, () => 0),
			clock,
			wakeAt: (at) => {
				store.checkOwner();
				this.wakesAt = at;
			},
		});
		return before;
	}

	/** Registers a change and puts it into force. */
	change(more: Partial<KeyRegistration>): void {
		const version = Math.max(this.registered.version + 1, more.version ?? 0);
		this.registered = { ...this.registered, ...more, version };
		this.teller.configure(this.registered);
	}

	/** Reserves `amount` for a new attempt. */
	reserve(amount: number | null, more: Partial<ReserveRequest> = {}): Promise<Reservation> {
		return this.teller.reserve({
			secretId: SECRET,
			version: this.registered.version,
			attemptId: `${this.id}-a${this.#attempts++}`,
			scope: { provider: "openai", model: "openai/gpt-6", endUser: null },
			amount,
			atLeast: amount ?? 0,
			tokens: 10,
			openMs: 90_000,
			...more,
		});
	}

	/** Ends attempts in one batch; `actual` is what each cost. */
	settle(granted: readonly Reservation[], actual: number, tokens: number | null = null): string {
		const items = granted.map((reservation) => {
			const token = tokenOf(reservation);
			return { attemptId: token.attemptId, token, actual, estimated: false, void: actual === 0, tokens };
		});
		const id = `${this.id}-s${this.#batches++}`;
		return this.teller.settle({ id, sentAt: this.#world.clock(), items });
	}

	#forget(isForgotten: (budgetId: string, window: number) => boolean, left = ""): boolean {
		this.store.checkOwner();
		for (const [key, { ref }] of this.disk.lines)
			if (isForgotten(ref.budgetId, ref.window)) this.disk.lines.delete(key);
		return [...this.disk.lines.values()].some(({ ref }) => ref.budgetId === left);
	}

	#endUsers(budgetId: string): string[] {
		const users = new Set<string>();
		for (const { ref } of this.disk.lines.values()) if (ref.budgetId === budgetId) users.add(ref.endUser);
		return [...users];
	}
}

/** A team and its keys, with a clock that only tests move. */
export class World {
	readonly keys = new Map<string, Key>();
	readonly teamDisk = newTeamDisk();
	team: TeamRegistration;
	lending!: Team;
	now = START;
	/** How often the team was asked. */
	exchanges = 0;
	/** Keys that were asked to give back, in order. */
	readonly recalled: string[] = [];
	isTeamReachable = true;
	/** What becomes of a message to the team on its way; `deliver` has it answered, now or later. */
	carry = (deliver: () => Promise<Loan[]>): Promise<Loan[]> => deliver();

	readonly clock = (): number => this.now;

	constructor(budgets: readonly BudgetSpec[] = []) {
		this.team = { teamId: TEAM, version: 1, budgets };
		this.restartTeam();
	}

	restartTeam(): void {
		this.teamDisk.owner++;
		this.lending = new Team({
			registrations: { read: () => null, write: () => {} },
			registry: { read: async () => this.team },
			store: new TeamDiskStore(this.teamDisk, this.teamDisk.owner),
			keys: {
				recall: async (keyId, why) => {
					this.recalled.push(keyId);
					const key = this.keys.get(keyId);
					if (key === undefined || !key.isReachable) throw new Error("the key cannot be reached");
					return key.teller.recall(why);
				},
				report: async (keyId) => {
					const key = this.keys.get(keyId);
					if (key === undefined || !key.isReachable) throw new Error("the key cannot be reached");
					return key.teller.report();
				},
			},
			clock: this.clock,
		});
	}

	key(id: string, more: Partial<KeyRegistration> = {}): Key {
		const key = new Key(this, id, { budgets: this.team.budgets, ...more });
		this.keys.set(id, key);
		return key;
	}

	exchange(...[reports]: Parameters<Team["exchange"]>): Promise<Loan[]> {
		this.exchanges++;
		if (!this.isTeamReachable) return Promise.reject(new Error("the team cannot be reached"));
		return this.carry(() => this.lending.exchange(reports));
	}

	/** Lets time pass and wakes who is due, in order. */
	async pass(ms: number): Promise<void> {
		const end = this.now + ms;
		for (;;) {
			const due = [...this.keys.values()].filter(({ wakesAt }) => wakesAt !== null && wakesAt <= end);
			const next = due.sort((a, b) => (a.wakesAt ?? 0) - (b.wakesAt ?? 0))[0];
			if (next === undefined) break;
			this.now = Math.max(this.now, next.wakesAt ?? 0);
			next.wakesAt = null;
			await next.teller.wake();
		}
		this.now = end;
	}
}

export function tokenOf(reservation: Reservation) {
	if (reservation.outcome !== "granted" || reservation.token === null) {
		throw new Error(`no money was held: ${JSON.stringify(reservation)}`);
	}
	return reservation.token;
}

/** What was held in all. */
export function held(reservations: readonly Reservation[]): number {
	return reservations.reduce((sum, each) => sum + (each.outcome === "granted" ? (each.token?.amount ?? 0) : 0), 0);
}

/** How many of each outcome. */
export function outcomes(reservations: readonly Reservation[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const { outcome } of reservations) counts[outcome] = (counts[outcome] ?? 0) + 1;
	return counts;
}
