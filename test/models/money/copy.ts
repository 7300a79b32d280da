// Copies and compares the states of a ledger, so that the explorer can go back to each.
import { type LedgerMemory, newLedgerMemory } from "#durable-objects/api-key/ledger/ledger-cache";
import type { Disk } from "#test/support/disk";

/** A second, independent state of a copy's memory. */
export function copyMemory(memory: LedgerMemory): LedgerMemory {
	const copy = newLedgerMemory();
	copy.latest = memory.latest;
	for (const [budgetId, users] of memory.accounts) {
		const usersCopy = new Map();
		for (const [user, { periods, recentSpend }] of users) {
			const copies = new Map([...periods].map(([at, period]) => [at, { ...period }]));
			usersCopy.set(user, { periods: copies, recentSpend: { ...recentSpend } });
		}
		copy.accounts.set(budgetId, usersCopy);
	}
	for (const [id, hold] of memory.open) copy.open.set(id, { ...hold });
	return copy;
}

export function copyDisk(disk: Disk): Disk {
	return { ...disk, lines: new Map(disk.lines), records: new Map(disk.records), jobs: new Map(disk.jobs) };
}

/** Everything in a copy's memory that its future depends on; open holds are told apart by the attempts themselves. */
export function memoryKey({ accounts }: LedgerMemory): string {
	let key = "";
	for (const users of accounts.values()) {
		for (const [user, { periods: lines, recentSpend: pace }] of users) {
			key += `${user}:${pace.sum}[`;
			for (const { ref, counters: c, gross } of lines.values()) {
				key += `${ref.window}=${gross},${c.allowed},${c.credited},${c.settled},${c.overrun},${c.granted},${c.returned};`;
			}
			key += "]";
		}
	}
	return key;
}

export function diskKey({ lines, records, jobs, owner }: Disk): string {
	let key = `${owner}:${[...jobs].map(([id, job]) => `${id}${job === "closed"}`).sort()}`;
	for (const { ref, counters: c } of lines.values()) {
		key += `${ref.window}=${c.allowed},${c.credited},${c.settled},${c.overrun},${c.granted},${c.returned};`;
	}
	return key + [...records.keys()].sort().join();
}
