// What each key's object promised to account for, to be compared with what reached D1.
import type { KeyId } from "#core/ids";
import type { ExpiredHold } from "#durable-objects/api-key/ledger/batch-context";
import type { LedgerRecord } from "#durable-objects/api-key/ledger/ledger-store";
import type { Database } from "./database";
import type { Disk } from "./disk";
import { must } from "./truth";

/** What one entry of an outbox promises, if it is stored. */
interface Promised {
	/** Together they name the entry. */
	readonly sentAt: number;
	readonly id: string;
	/** What attempts are charged. */
	readonly settled: readonly (readonly [attemptId: string, cost: number])[];
	/** What holds are charged until their attempt settles. A hold that was asked for twice may run out after that. */
	readonly expired: readonly (readonly [attemptId: string, amount: number])[];
	readonly requests: readonly string[];
}

interface Sums {
	readonly requests: number;
	readonly cost: number;
	readonly expired: number;
}

/** What one key's object promised to account for, in the order in which it tried to store it. */
export class Books {
	readonly #keyId: KeyId;
	readonly #disk: Disk;
	#promised: Promised[] = [];

	constructor(keyId: KeyId, disk: Disk) {
		this.#keyId = keyId;
		this.#disk = disk;
	}

	/** A batch of settlements, or the true cost of a job, is about to be committed. */
	settling(record: LedgerRecord): void {
		if (record.kind === "late-cost") {
			const { id, at, job, actual } = record;
			const settled = [[job.attemptId, actual - job.charged - job.overrun]] as const;
			this.#promise({ id: `job ${id}`, sentAt: at, settled, expired: [], requests: [] });
		}
		if (record.kind !== "settlement") return;
		const { id, sentAt, settlements, context: beside } = record;
		const held = settlements.map(({ attemptId, charged, overrun }) => [attemptId, charged + overrun] as const);
		const unheld = beside.unheld.map(({ attemptId, cost }) => [attemptId, cost] as const);
		const requests = beside.requests.map(({ requestId }) => requestId);
		this.#promise({ id, sentAt, settled: [...held, ...unheld], expired: [], requests });
	}

	/** A hold that ran out at a time is about to be written down. */
	expiring({ attemptId, amount }: ExpiredHold, sentAt: number): void {
		this.#promise({ id: `expired ${attemptId}`, sentAt, settled: [], expired: [[attemptId, amount]], requests: [] });
	}

	/** I5: the log and the roll-ups are what was promised, and each entry of the outbox is in exactly once. */
	check(database: Database): void {
		const keyId = this.#keyId;
		const kept = this.#promised.filter((promised) => this.#isStored(promised));
		const requests = new Set(kept.flatMap((promised) => promised.requests));
		const cost = chargedBy(kept);
		const logged = database.rows<{ id: string; cost: number; attempts: string }>(
			"SELECT id, cost, attempts FROM request_log WHERE key_id = ? AND status IS NOT NULL",
			keyId,
		);
		must(logged.length === requests.size, `${keyId}: ${logged.length} of ${requests.size} requests are in the log`);
		for (const { id } of logged) must(requests.has(id), `${keyId}: ${id} is in the log and never was recorded`);
		const [log] = database.rows<Sums>("SELECT coalesce(sum(cost), 0) AS cost FROM request_log WHERE key_id = ?", keyId);
		must(log?.cost === cost, `I5: ${keyId} was charged ${cost}, and the log has ${log?.cost}`);
		for (const table of ["usage_hourly", "usage_daily"]) {
			const query = `SELECT coalesce(sum(requests), 0) AS requests, coalesce(sum(cost), 0) AS cost FROM ${table}
				WHERE key_id = ?`;
			const [sums] = database.rows<Sums>(query, keyId);
			must(sums?.cost === cost, `I5: ${keyId} was charged ${cost}, and ${table} has ${sums?.cost}`);
			must(sums.requests === requests.size, `${keyId}: ${sums.requests} of ${requests.size} requests are in ${table}`);
		}
		const stored = this.#disk.rows("SELECT epoch, count(*) AS entries, max(seq) AS last FROM outbox GROUP BY epoch");
		for (const { epoch, entries, last } of stored as { epoch: number; entries: number; last: number }[]) {
			must(entries === last, `${keyId}: the numbers of epoch ${epoch} have gaps`);
			const query = "SELECT seq FROM outbox_marks WHERE object = ? AND epoch = ?";
			const [mark] = database.rows<{ seq: number }>(query, `key/${keyId}`, epoch);
			must(mark?.seq === last, `${keyId}: D1 has epoch ${epoch} up to ${mark?.seq} of ${last}`);
		}
	}

	/** What is tried again after it was stored changes nothing any more. */
	#promise(promised: Promised): void {
		if (this.#isStored(promised)) return;
		const others = this.#promised.filter(({ id, sentAt }) => id !== promised.id || sentAt !== promised.sentAt);
		this.#promised = [...others, promised];
	}

	#isStored({ id, sentAt }: Promised): boolean {
		return this.#disk.rows("SELECT 1 FROM outbox WHERE sent_at = ? AND id = ?", sentAt, id).length > 0;
	}
}

function chargedBy(promised: readonly Promised[]): number {
	let sum = 0;
	const unproven = new Map<string, number>();
	for (const { settled, expired } of promised) {
		for (const [attemptId, cost] of settled) {
			sum += cost - (unproven.get(attemptId) ?? 0);
			unproven.delete(attemptId);
		}
		for (const [attemptId, amount] of expired) {
			sum += amount;
			unproven.set(attemptId, amount);
		}
	}
	return sum;
}
