// The routing memory of one key, over all isolates that serve it.
import type { EndedBatch } from "#core/key-object/settlement";
import { BoundedMemory, type Recollection } from "#core/routing/routing-memory";

/**
 * Where a key's conversations were served, and how its families of tasks fare, over all isolates that serve it. Kept in
 * memory alone: losing it costs one cold cache per conversation.
 */
export class KeyRoutingMemory {
	readonly #memory = new BoundedMemory({ conversations: 1_024, families: 128 });

	/** Learns from attempts as they are settled. `now` in milliseconds since the epoch. */
	learn({ items }: EndedBatch, now: number): void {
		for (const { learnt } of items) if (learnt !== undefined) this.#memory.learn(learnt, now);
	}

	recall(conversation: string, family: string, now: number): Recollection {
		return this.#memory.recollect(conversation, family, now);
	}
}
