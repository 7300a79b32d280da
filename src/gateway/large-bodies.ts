/**
 * Bounds the bytes of large request bodies that an isolate holds at a time. All requests of an isolate share 128 MB,
 * and a body is held several times over while it is read, translated and sent on.
 */
import { GatewayError } from "#core/errors";
import { MAX_REQUEST_MS } from "#core/request-limits";

/** The most of all large bodies together, in bytes as they were read. */
export const MAX_LARGE_BODIES_BYTES = 48 * 1024 * 1024;
/** A request that holds no more is not counted, in bytes. */
export const MAX_UNCOUNTED_BYTES = 1024 * 1024;

/** What an isolate holds of large bodies. */
export class LargeBodies {
	readonly #clock: () => number;
	/** Those that hold something, the oldest first. */
	readonly #shares = new Set<BodyShare>();
	#bytes = 0;
	#peakBytes = 0;

	/** `clock` tells milliseconds since the epoch. */
	constructor(clock: () => number) {
		this.#clock = clock;
	}

	/** Held now. */
	get bytes(): number {
		return this.#bytes;
	}

	/** The most that was held at a time. */
	get peakBytes(): number {
		return this.#peakBytes;
	}

	/** What a request that begins now may hold. */
	share(): BodyShare {
		return new BodyShare(this, this.#clock());
	}

	/** Takes room for what a share has come to hold; false, and nothing is taken, where there is none. */
	take(share: BodyShare, bytes: number): boolean {
		if (this.#bytes + bytes > MAX_LARGE_BODIES_BYTES) this.#forgetLost();
		if (this.#bytes + bytes > MAX_LARGE_BODIES_BYTES) return false;
		this.#shares.add(share);
		this.#bytes += bytes;
		this.#peakBytes = Math.max(this.#peakBytes, this.#bytes);
		return true;
	}

	giveBack(share: BodyShare, bytes: number): void {
		if (this.#shares.delete(share)) this.#bytes -= bytes;
	}

	/** The runtime may drop a request without a word to it; none lives longer than `MAX_REQUEST_MS`. */
	#forgetLost(): void {
		const lost = this.#clock() - MAX_REQUEST_MS;
		for (const share of this.#shares) if (share.since < lost) share.release();
	}
}

/** What one request holds of large bodies. */
export class BodyShare {
	readonly #bodies: LargeBodies;
	/** Milliseconds since the epoch. */
	readonly since: number;
	#bytes = 0;
	#counted = 0;
	#isReleased = false;

	constructor(bodies: LargeBodies, since: number) {
		this.#bodies = bodies;
		this.since = since;
	}

	/** Whether other requests may have to wait for it. */
	get isCounted(): boolean {
		return this.#counted > 0;
	}

	/** So many more bytes were read. Throws `GatewayError` 503 `large_bodies_full`, and lets go of all that it held. */
	add(bytes: number): void {
		this.#bytes += bytes;
		if (this.#bytes <= MAX_UNCOUNTED_BYTES || this.#isReleased) return;
		const more = this.#bytes - this.#counted;
		if (!this.#bodies.take(this, more)) {
			this.release();
			throw GatewayError.of(
				"large_bodies_full",
				"large requests that came before this one fill the gateway's memory; send it again when they are done",
			);
		}
		this.#counted += more;
	}

	/** The request is over, or has let go of what it read. */
	release(): void {
		this.#isReleased = true;
		this.#bodies.giveBack(this, this.#counted);
		this.#counted = 0;
	}
}
