/** Events that were passed on unread, kept as bytes until it is known whether somebody has to read them. */
const UTF_8 = new TextEncoder();
const DECODER = new TextDecoder();
/** In bytes. */
const FIRST_ROOM_BYTES = 4 * 1024;
/** The most bytes that UTF-8 takes for one UTF-16 unit. */
const BYTES_PER_UNIT = 3;

export class UnreadEvents {
	#bytes = new Uint8Array(0);
	#length = 0;

	/** In bytes. */
	get length(): number {
		return this.#length;
	}

	/** Keeps a copy. */
	add(events: string | Uint8Array): void {
		if (typeof events === "string") {
			this.#makeRoom(events.length * BYTES_PER_UNIT);
			this.#length += UTF_8.encodeInto(events, this.#bytes.subarray(this.#length)).written;
			return;
		}
		this.#makeRoom(events.length);
		this.#bytes.set(events, this.#length);
		this.#length += events.length;
	}

	/** All of them, which are kept no longer. */
	take(): string {
		const text = this.#length === 0 ? "" : DECODER.decode(this.#bytes.subarray(0, this.#length));
		this.#length = 0;
		return text;
	}

	/** They are not kept any longer. */
	clear(): void {
		this.#length = 0;
	}

	#makeRoom(more: number): void {
		const needed = this.#length + more;
		if (needed <= this.#bytes.length) return;
		const room = new Uint8Array(Math.max(needed, 2 * this.#bytes.length, FIRST_ROOM_BYTES));
		room.set(this.#bytes.subarray(0, this.#length));
		this.#bytes = room;
	}
}
