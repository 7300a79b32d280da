// Random schedules of a team and its keys, with copies that are replaced and messages that are lost.
import type { BudgetSpec, HoldToken } from "#core/budget/budget";
import { Lease } from "#durable-objects/api-key/lease/lease";
import { EMPTY_BATCH_CONTEXT } from "#durable-objects/api-key/ledger/batch-context";
import { used } from "#durable-objects/api-key/ledger/counters";
import { bookLateCost } from "#durable-objects/api-key/ledger/job";
import { Ledger } from "#durable-objects/api-key/ledger/ledger";
import { newLedgerMemory } from "#durable-objects/api-key/ledger/ledger-cache";
import type { SettlementBatch } from "#durable-objects/api-key/ledger/settlement-item";
import type { LeaseReply, LeaseReport } from "#durable-objects/shared/lease-protocol";
import { stillCounts } from "#durable-objects/shared/window";
import { TeamBudgets } from "#durable-objects/team/budget";
import { type Disk, DiskStore, newDisk } from "#test/support/disk";
import { Random } from "#test/support/random";
import { newTeamDisk, TeamDiskStore } from "#test/support/team-disk";

const DAY_MS = 86_400_000;
const STEP = 30;

interface Copy {
	readonly store: DiskStore;
	readonly ledger: Ledger;
	readonly lease: Lease;
}

interface Attempt {
	readonly token: HoldToken;
	/** What the provider really bills; the worst, until it is known. */
	cost: number;
}

/** What the team's disk calls a key's share of a budget's window. */
function shareOf(budgetId: string, window: number, keyId: string): string {
	return `${budgetId} ${window} ${keyId}`;
}

/** A team and its keys on one random schedule: everything may fail, repeat, come late or in another order. */
export class Schedule {
	readonly #random: Random;
	readonly #specs: BudgetSpec[];
	/** By budget, the greatest limit that was ever in force: what was lent under it may still be spent. */
	readonly #peaks: Map<string, number>;
	readonly #teamDisk = newTeamDisk();
	/** The last copy is current. */
	readonly #teams: { readonly store: TeamDiskStore; readonly budgets: TeamBudgets }[] = [];
	readonly #disks: Disk[] = [];
	/** By key; the last copy is current. */
	readonly #copies: Copy[][] = [];
	readonly #attempts: Attempt[] = [];
	readonly #unsettled: { readonly key: number; readonly attempt: Attempt }[] = [];
	/** Attempts that are settled at an estimate, and their true costs. */
	readonly #jobs: { readonly key: number; readonly attempt: Attempt; readonly actual: number }[] = [];
	readonly #batches: { readonly key: number; readonly batch: SettlementBatch }[] = [];
	readonly #reports: LeaseReport[] = [];
	readonly #replies: { readonly key: number; readonly reply: LeaseReply }[] = [];
	/** By key, budget and window: the overrun that stands, and all that there ever was, also what jobs took off again. */
	readonly #overruns = new Map<string, { readonly now: number; readonly ever: number }>();
	/** Of those, what a report was made after, and what the team has heard of. */
	readonly #told = new WeakMap<LeaseReport, number>();
	readonly #heardOverruns = new Map<string, number>();
	#now = 200 * DAY_MS;
	steps = 0;
	admitted = 0;
	/** True costs of jobs. */
	booked = 0;

	constructor(seed: number) {
		this.#random = new Random(seed);
		const shapes = [
			{ window: "total" },
			{ window: "day", timeZone: "America/New_York" },
			{ window: { rollingSeconds: 600 } },
		] as const;
		this.#specs = shapes
			.filter((_, index) => index === seed % 3 || this.#random.chance(0.4))
			.map((shape, index) => ({
				id: `t${index}`,
				limit: this.#random.between(20, 400),
				timeZone: "UTC",
				owner: "team",
				action: "block",
				perEndUser: false,
				...shape,
			}));
		this.#peaks = new Map(this.#specs.map(({ id, limit }) => [id, limit]));
		this.#moveTeam();
		for (let key = 0; key < this.#random.between(1, 4); key++) {
			this.#disks.push(newDisk());
			this.#copies.push([]);
			this.#move(key);
		}
	}

	/** Runs the schedule, checks after every step, and brings it to rest. */
	run(): void {
		const steps = this.#random.between(40, 140);
		for (; this.steps < steps; this.steps++) {
			this.#step();
			this.#check();
		}
		this.#drain();
	}

	#step(): void {
		const random = this.#random;
		const key = random.between(0, this.#copies.length - 1);
		const copies = this.#copies[key] ?? [];
		// An old copy goes on answering now and then.
		const copy = random.chance(0.15) ? random.pick(copies) : copies.at(-1);
		if (copy === undefined) return;
		const dice = random.next();
		if (random.chance(0.05))
			copy.store.failure = { calls: random.between(0, 2), when: random.pick(["before", "after"]) };
		const team = this.#teams.at(-1);
		if (team !== undefined && random.chance(0.03)) {
			team.store.failure = { calls: random.between(0, 1), when: random.pick(["before", "after"]) };
		}
		this.#attempt(() => {
			if (dice < 0.3) this.#reserve(key, copy);
			else if (dice < 0.41) this.#settle(key, copy);
			else if (dice < 0.45) this.#book(key, copy);
			else if (dice < 0.65 && this.#reports.length > 0) this.#hear(random.pick(this.#reports));
			else if (dice < 0.8 && this.#replies.length > 0) {
				const { key: to, reply } = random.pick(this.#replies);
				this.#copies[to]?.at(-1)?.lease.take(reply, this.#now);
			} else if (dice < 0.84) this.#send(copy.lease.askAhead(this.#now));
			else if (dice < 0.9) this.#send(copy.lease.giveBack(random.pick(["past", "all"]), this.#now));
			else if (dice < 0.91) this.#move(key);
			else if (dice < 0.92) this.#moveTeam();
			else if (dice < 0.94) this.#changeLimit();
			else if (dice < 0.96) copy.ledger.rest();
			else this.#now += random.pick([1, 5_000, 60_000, 400_000, DAY_MS]);
		});
		copy.store.failure = null;
		if (team !== undefined) team.store.failure = null;
	}

	#attempt(run: () => void): void {
		try {
			run();
		} catch (error) {
			const isExpected = error instanceof Error && /^(another copy|the storage failed)/.test(error.message);
			if (!isExpected) throw error;
		}
	}

	#reserve(key: number, { ledger, lease }: Copy): void {
		const amount = this.#random.between(0, 60);
		const scope = { provider: "p", model: "p/m", endUser: null };
		const attemptId = `a${this.#attempts.length}`;
		const hold = { attemptId, amount, scope, expiresAt: this.#now + 90_000 };
		let reserved = ledger.reserve(hold, this.#now);
		if (reserved.outcome === "lacking") {
			const asked = lease.ask(reserved.money, this.#now);
			this.#send(asked);
			// Mostly the network works.
			if (this.#random.chance(0.7)) {
				const before = this.#replies.length;
				for (const report of asked) this.#hear(report);
				for (const { reply } of this.#replies.slice(before)) lease.take(reply, this.#now);
				reserved = ledger.reserve(hold, this.#now);
			}
		}
		if (reserved.outcome !== "admitted") return;
		this.admitted++;
		const attempt = { token: reserved.token, cost: amount };
		this.#attempts.push(attempt);
		this.#unsettled.push({ key, attempt });
	}

	#settle(key: number, { ledger }: Copy): void {
		const mine = this.#unsettled.filter((waiting) => waiting.key === key);
		if (mine.length > 0 && this.#random.chance(0.8)) {
			const { attempt } = this.#random.pick(mine);
			this.#unsettled.splice(
				this.#unsettled.findIndex((waiting) => waiting.attempt === attempt),
				1,
			);
			const { token } = attempt;
			// Now and then an upstream ignores its bound.
			const beyond = this.#random.chance(0.1) ? this.#random.between(1, 30) : 0;
			attempt.cost = beyond === 0 ? this.#random.between(0, token.amount) : token.amount + beyond;
			const item = { token, actual: attempt.cost, estimated: false, void: attempt.cost === 0 };
			const { attemptId } = token;
			const isJob = this.#random.chance(0.3) && attempt.cost > 0;
			if (isJob) this.#jobs.push({ key, attempt, actual: this.#random.between(0, attempt.cost + 20) });
			const jobs = isJob ? { [attemptId]: { jobId: attemptId, app: null, provider: null, model: null } } : {};
			const context = { ...EMPTY_BATCH_CONTEXT, jobs };
			this.#batches.push({ key, batch: { id: attemptId, sentAt: this.#now, items: [item], context } });
		}
		const sent = this.#batches.filter((each) => each.key === key);
		if (sent.length > 0) ledger.settle(this.#random.pick(sent).batch, this.#now);
	}

	/** The true cost of a job comes, for the first time or again. */
	#book(key: number, { ledger, store }: Copy): void {
		const mine = this.#jobs.filter((each) => each.key === key);
		if (mine.length === 0) return;
		const { attempt, actual } = this.#random.pick(mine);
		const { attemptId } = attempt.token;
		const job = store.job(attemptId);
		if (job === null || job === "closed") return;
		// What it costs more is overrun, which no ledger can foresee.
		attempt.cost = Math.min(attempt.cost, actual);
		if (bookLateCost(ledger, job, actual, this.#now) === "applied") this.booked++;
	}

	#send(reports: readonly LeaseReport[]): void {
		this.#reports.push(...reports);
		for (const report of reports) {
			const known = this.#overruns.get(shareOf(report.budgetId, report.window, report.keyId));
			// An old copy may tell of less.
			if (known !== undefined && known.now === report.overrun) this.#told.set(report, known.ever);
		}
	}

	#hear(report: LeaseReport): void {
		const before = this.#lent(report.budgetId);
		// An old copy goes on answering now and then.
		const team = this.#random.chance(0.15) ? this.#random.pick(this.#teams) : this.#teams.at(-1);
		const reply = team?.budgets.exchange(report, this.#now) ?? null;
		const limit = this.#specs.find(({ id }) => id === report.budgetId)?.limit ?? 0;
		// Only what a key owes already is covered beyond the limit.
		const lends = reply !== null && reply.granted > report.owed;
		if (lends && this.#lent(report.budgetId) > Math.max(before, limit))
			throw new Error("lent beyond the limit in force");
		if (reply === null) return;
		this.#replies.push({ key: Number(report.keyId.slice(1)), reply });
		const share = shareOf(report.budgetId, report.window, report.keyId);
		const heard = Math.max(this.#heardOverruns.get(share) ?? 0, this.#told.get(report) ?? 0);
		this.#heardOverruns.set(share, heard);
	}

	#move(key: number): void {
		const disk = this.#disks[key] ?? newDisk();
		disk.owner++;
		const store = new DiskStore(disk, disk.owner);
		const ledger = new Ledger(store, this.#specs, newLedgerMemory(), STEP);
		this.#copies[key]?.push({ store, ledger, lease: new Lease(ledger, `k${key}`) });
	}

	#moveTeam(): void {
		const store = new TeamDiskStore(this.#teamDisk, ++this.#teamDisk.owner);
		this.#teams.push({ store, budgets: new TeamBudgets(store, this.#specs) });
	}

	#changeLimit(): void {
		const at = this.#random.between(0, this.#specs.length - 1);
		const spec = this.#specs[at];
		if (spec === undefined) return;
		const limit = this.#random.between(0, 400);
		this.#specs[at] = { ...spec, limit };
		this.#peaks.set(spec.id, Math.max(limit, this.#peaks.get(spec.id) ?? 0));
		this.#teams.at(-1)?.budgets.configure(this.#specs);
		for (const copies of this.#copies) copies.at(-1)?.ledger.configure(this.#specs);
	}

	/** The windows of a budget that count together now, newest apart for those that count alone. */
	#groups({ id, window }: BudgetSpec): number[][] {
		const starts = new Set<number>();
		for (const { ref } of this.#teamDisk.shares.values()) if (ref.budgetId === id) starts.add(ref.window);
		if (typeof window !== "object") return [...starts].map((start) => [start]);
		return [[...starts].filter((start) => stillCounts(start, window.rollingSeconds, this.#now))];
	}

	/** The most that any group of windows has lent, overruns apart. */
	#lent(budgetId: string): number {
		const spec = this.#specs.find(({ id }) => id === budgetId);
		if (spec === undefined) return 0;
		const sums = this.#groups(spec).map((group) => {
			let lent = 0;
			for (const { ref, share } of this.#teamDisk.shares.values()) {
				if (ref.budgetId === budgetId && group.includes(ref.window)) {
					lent += share.granted - share.returned - share.overrun;
				}
			}
			return lent;
		});
		return Math.max(0, ...sums);
	}

	#noteOverruns(): void {
		for (const [key, disk] of this.#disks.entries()) {
			for (const { ref, counters } of disk.lines.values()) {
				const share = shareOf(ref.budgetId, ref.window, `k${key}`);
				const { now, ever } = this.#overruns.get(share) ?? { now: 0, ever: 0 };
				const more = Math.max(0, counters.overrun - now);
				this.#overruns.set(share, { now: counters.overrun, ever: ever + more });
			}
		}
	}

	#check(): void {
		this.#noteOverruns();
		for (const spec of this.#specs) {
			const most = this.#peaks.get(spec.id) ?? 0;
			if (this.#lent(spec.id) > most) throw new Error(`I2: ${spec.id} lends more than ${most}`);
			for (const group of this.#groups(spec)) {
				const bill = this.#attempts
					.filter(({ token }) => token.lines.some((ref) => ref.budgetId === spec.id && group.includes(ref.window)))
					.reduce((sum, { cost, token }) => sum + Math.min(cost, token.amount), 0);
				if (bill > most) throw new Error(`billed up to ${bill} of ${most} in ${spec.id}`);
				for (const [key, disk] of this.#disks.entries()) this.#checkKey(spec.id, group, key, disk);
			}
		}
	}

	#checkKey(budgetId: string, group: readonly number[], key: number, disk: Disk): void {
		for (const { ref, counters } of disk.lines.values()) {
			if (ref.budgetId !== budgetId || !group.includes(ref.window)) continue;
			const name = shareOf(budgetId, ref.window, `k${key}`);
			const share = this.#teamDisk.shares.get(name)?.share;
			const held = (share?.granted ?? 0) - (share?.returned ?? 0);
			// The team covers an overrun when it hears of it.
			const unheard = (this.#overruns.get(name)?.ever ?? 0) - (this.#heardOverruns.get(name) ?? 0);
			if (used(counters) - unheard > held)
				throw new Error(`I2: key ${key} may use ${used(counters)} of ${held} in ${budgetId}`);
			const bill = this.#attempts
				.filter(
					({ token }) =>
						this.#isOf(token, key) && token.lines.some((l) => l.budgetId === budgetId && l.window === ref.window),
				)
				.reduce((sum, { cost, token }) => sum + Math.min(cost, token.amount), 0);
			if (bill > used(counters)) throw new Error(`I6: key ${key} was billed ${bill} and knows of ${used(counters)}`);
		}
	}

	#isOf(token: HoldToken, key: number): boolean {
		return (
			this.#unsettled.some(({ attempt, key: of }) => of === key && attempt.token === token) ||
			this.#batches.some(({ batch, key: of }) => of === key && batch.id === token.attemptId)
		);
	}

	/** The network heals, everything is told, keys give back what they do not use: what is lent is what is used. */
	#drain(): void {
		const heard = new Set<string>();
		for (const [key, copies] of this.#copies.entries()) {
			const copy = copies.at(-1);
			if (copy === undefined) continue;
			for (const { batch, key: of } of this.#batches) if (of === key) copy.ledger.settle(batch, this.#now);
			for (const { key: to, reply } of this.#replies) if (to === key) copy.lease.take(reply, this.#now);
			for (const report of copy.lease.giveBack("all", this.#now)) {
				const reply = this.#teams.at(-1)?.budgets.exchange(report, this.#now) ?? null;
				if (reply !== null) copy.lease.take(reply, this.#now);
			}
			for (const report of copy.lease.giveBack("all", this.#now)) {
				// Of windows long past the team hears nothing more.
				const reply = this.#teams.at(-1)?.budgets.exchange(report, this.#now) ?? null;
				if (reply !== null) heard.add(`${report.budgetId} ${report.window} k${key}`);
			}
		}
		this.#check();
		for (const { ref, share } of this.#teamDisk.shares.values()) {
			const disk = this.#disks[Number(ref.keyId.slice(1))];
			const line = disk?.lines.get(`${ref.budgetId}  ${ref.window}`);
			if (line === undefined || !heard.has(`${ref.budgetId} ${ref.window} ${ref.keyId}`)) continue;
			// What counts no more was forgotten, and its truth may still come.
			const spec = this.#specs.find(({ id }) => id === ref.budgetId);
			if (spec === undefined || !this.#groups(spec).flat().includes(ref.window)) continue;
			const stranded = share.granted - share.returned - used(line.counters);
			if (stranded !== 0) throw new Error(`I7: ${stranded} of ${ref.budgetId} are stranded at ${ref.keyId}`);
		}
	}
}
