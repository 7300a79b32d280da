/** What an object owes to D1, and how it stands after it shipped that, as it tells jobs and questions about usage. */

/** How much is owed. Weights are records, of which an entry may hold many. */
export interface Backlog {
	readonly weight: number;
	/** When the oldest was stored, in milliseconds since the epoch; null when nothing is owed. */
	readonly oldestAt: number | null;
}

/** What D1 ever confirmed, by the object's own count. */
export interface Acknowledged {
	readonly entries: number;
	/** Nano-dollars. */
	readonly cost: number;
}

/** How an object stands after it shipped what it owed. */
export interface Swept extends Backlog {
	readonly acknowledged: Acknowledged;
}
