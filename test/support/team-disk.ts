// A team's disk in memory as plain data.
import type { Adjustment, Share, ShareRef, StoredBudget, TeamChange, TeamStore } from "#durable-objects/team/store";
import type { Failure } from "./disk";

/** What survives of a team. Plain data. */
export interface TeamDisk {
	shares: Map<string, { readonly ref: ShareRef; readonly share: Share }>;
	adjustments: Map<string, Adjustment>;
	owner: number;
}

export function newTeamDisk(): TeamDisk {
	return { shares: new Map(), adjustments: new Map(), owner: 0 };
}

export class TeamDiskStore implements TeamStore {
	readonly disk: TeamDisk;
	readonly #owner: number;
	failure: Failure | null = null;

	constructor(disk: TeamDisk, owner: number) {
		this.disk = disk;
		this.#owner = owner;
	}

	load(budgetId: string): StoredBudget {
		return this.#call(() => {
			const adjusted = new Map<number, number>();
			for (const { window, amount, budgetId: of } of this.disk.adjustments.values()) {
				if (of === budgetId) adjusted.set(window, (adjusted.get(window) ?? 0) + amount);
			}
			return {
				shares: [...this.disk.shares.values()].filter(({ ref }) => ref.budgetId === budgetId),
				adjusted: [...adjusted].map(([window, amount]) => ({ window, amount })),
			};
		});
	}

	commit({ shares, forgotten, adjustment }: TeamChange): "committed" | "repeated" {
		return this.#call(() => {
			if (adjustment !== null && this.disk.adjustments.has(adjustment.id)) return "repeated";
			if (adjustment !== null) this.disk.adjustments.set(adjustment.id, adjustment);
			for (const stored of shares) {
				const { budgetId, window, keyId } = stored.ref;
				this.disk.shares.set(`${budgetId} ${window} ${keyId}`, stored);
			}
			for (const [key, { ref }] of this.disk.shares) {
				if (forgotten.some((f) => f.budgetId === ref.budgetId && f.window === ref.window)) this.disk.shares.delete(key);
			}
			return "committed";
		});
	}

	forgetAllBut(budgetIds: readonly string[]): void {
		this.#call(() => {
			for (const [key, { ref }] of this.disk.shares)
				if (!budgetIds.includes(ref.budgetId)) this.disk.shares.delete(key);
		});
	}

	#call<T>(run: () => T): T {
		if (this.disk.owner !== this.#owner) throw new Error("another copy of the object has taken over");
		const failing = this.failure !== null && this.failure.calls-- === 0;
		if (failing && this.failure?.when === "before") throw new Error("the storage failed");
		const result = run();
		if (failing) throw new Error("the storage failed after it had written");
		return result;
	}
}
