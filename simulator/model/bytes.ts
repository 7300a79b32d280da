/** Takes bits and packs them into bytes, each from its lowest bit or from its highest. */
export class Bits {
	readonly #bytes: number[] = [];
	readonly #isHighFirst: boolean;
	#current = 0;
	#filled = 0;

	constructor(order: "lowest first" | "highest first") {
		this.#isHighFirst = order === "highest first";
	}

	/** A number, its lowest bit first. */
	low(value: number, count: number): this {
		for (let at = 0; at < count; at++) this.#push((value >>> at) & 1);
		return this;
	}

	/** A number or a Huffman code, its highest bit first. */
	high(code: number, count: number): this {
		for (let at = count - 1; at >= 0; at--) this.#push((code >>> at) & 1);
		return this;
	}

	/** What was packed; `rest` fills the last byte. */
	bytes(rest: 0 | 1 = 0): Uint8Array {
		while (this.#filled > 0) this.#push(rest);
		return Uint8Array.from(this.#bytes);
	}

	#push(bit: number): void {
		this.#current |= bit << (this.#isHighFirst ? 7 - this.#filled : this.#filled);
		this.#filled++;
		if (this.#filled < 8) return;
		this.#bytes.push(this.#current);
		this.#current = 0;
		this.#filled = 0;
	}
}
