/**
 * A 53-bit hash of texts, for telling them apart where a collision costs little; never for secrets. Two lanes of
 * multiplication and rotation after MurmurHash3's finalizer, as in bryc's cyrb53 (public domain).
 */
export class TextHash {
	#high = 0xdeadbeef;
	#low = 0x41c6ce57;

	/** Adds a text, and that it ended here. */
	add(text: string): this {
		let high = this.#high;
		let low = this.#low;
		for (let i = 0; i < text.length; i++) {
			const unit = text.charCodeAt(i);
			high = Math.imul(high ^ unit, 2654435761);
			low = Math.imul(low ^ unit, 1597334677);
		}
		// No UTF-16 unit is so large, so two texts are never the same as their concatenation.
		this.#high = Math.imul(high ^ 0x10000, 2654435761);
		this.#low = Math.imul(low ^ 0x10000, 1597334677);
		return this;
	}

	/** At most eleven letters and digits. */
	digest(): string {
		let high = Math.imul(this.#high ^ (this.#high >>> 16), 2246822507);
		high ^= Math.imul(this.#low ^ (this.#low >>> 13), 3266489909);
		let low = Math.imul(this.#low ^ (this.#low >>> 16), 2246822507);
		low ^= Math.imul(high ^ (high >>> 13), 3266489909);
		return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36);
	}
}
