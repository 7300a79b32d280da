// A ledger store that tells the simulation's books what is stored.
import type { TeamId } from "#core/ids";
import type { ExpiredHold } from "#durable-objects/api-key/ledger/batch-context";
import type { LedgerChange, LedgerRecord } from "#durable-objects/api-key/ledger/ledger-store";
import { SqlLedgerStore } from "#durable-objects/api-key/usage/sql-ledger-store";

/** Tells what is stored, and what is about to be. */
export class WatchedStore extends SqlLedgerStore {
	onCommit: (change: LedgerChange) => void = () => {};
	/** Before it is tried. */
	onRecord: (record: LedgerRecord) => void = () => {};
	onExpired: (expired: ExpiredHold, expiredAt: number) => void = () => {};

	override recordExpired(teamId: TeamId, expired: ExpiredHold, expiredAt: number, now: number): void {
		this.onExpired(expired, expiredAt);
		super.recordExpired(teamId, expired, expiredAt, now);
	}

	override commit(change: LedgerChange): "committed" | "repeated" {
		if (change.record !== null) this.onRecord(change.record);
		const outcome = super.commit(change);
		if (outcome === "committed") this.onCommit(change);
		return outcome;
	}
}
