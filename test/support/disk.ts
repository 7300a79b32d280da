// A ledger's disk in memory as plain data, with failures on demand.
import type { PeriodRef } from "#core/budget/budget";
import { jobsOf } from "#durable-objects/api-key/ledger/job";
import type {
	Job,
	JobStore,
	LedgerChange,
	LedgerRecord,
	LedgerStore,
	StoredPeriod,
} from "#durable-objects/api-key/ledger/ledger-store";

/** What survives everything: lines and records, and which copy of the object may write. Plain data. */
export interface Disk {
	lines: Map<string, StoredPeriod>;
	records: Map<string, LedgerRecord>;
	jobs: Map<string, Job | "closed">;
	/** The copy that owns the disk; an older one fails when it touches it. */
	owner: number;
	/** Rows written so far: one for each line, record and deletion. */
	rows: number;
}

export function newDisk(): Disk {
	return { lines: new Map(), records: new Map(), jobs: new Map(), owner: 0, rows: 0 };
}

/** Counts down over the calls of a store; the call that finds zero fails, before or after it took effect. */
export interface Failure {
	calls: number;
	readonly when: "before" | "after";
}

function lineKey({ budgetId, endUser, window }: PeriodRef): string {
	return `${budgetId} ${endUser} ${window}`;
}

/** A copy's view of the disk. */
export class DiskStore implements LedgerStore, JobStore {
	readonly disk: Disk;
	readonly #owner: number;
	failure: Failure | null = null;

	constructor(disk: Disk, owner: number) {
		this.disk = disk;
		this.#owner = owner;
	}

	load(budgetId: string, endUser: string): readonly StoredPeriod[] {
		return this.#call(() =>
			[...this.disk.lines.values()].filter(({ ref }) => ref.budgetId === budgetId && ref.endUser === endUser),
		);
	}

	commit(change: LedgerChange): "committed" | "repeated" {
		return this.#call(() => {
			const { record } = change;
			if (record?.kind === "late-cost") {
				if (this.disk.jobs.get(record.id) === "closed") return "repeated";
				this.disk.jobs.set(record.id, "closed");
			} else if (record !== null) {
				if (this.disk.records.has(record.id)) return "repeated";
				this.disk.records.set(record.id, record);
			}
			if (record?.kind === "settlement") {
				for (const job of jobsOf(record.settlements, record.context)) {
					if (!this.disk.jobs.has(job.id)) this.disk.jobs.set(job.id, job);
				}
			}
			for (const line of change.periods) this.disk.lines.set(lineKey(line.ref), line);
			for (const ref of change.forgotten) this.disk.lines.delete(lineKey(ref));
			this.disk.rows += change.periods.length + change.forgotten.length + (record === null ? 0 : 1);
			return "committed";
		});
	}

	job(id: string): Job | "closed" | null {
		return this.#call(() => this.disk.jobs.get(id) ?? null);
	}

	checkOwner(): void {
		if (this.disk.owner !== this.#owner) throw new Error("another copy of the object has taken over");
	}

	#call<T>(run: () => T): T {
		this.checkOwner();
		const failing = this.failure !== null && this.failure.calls-- === 0;
		if (failing && this.failure?.when === "before") throw new Error("the storage failed");
		const result = run();
		if (failing) throw new Error("the storage failed after it had written");
		return result;
	}
}
