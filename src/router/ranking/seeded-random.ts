/** Numbers from 0 to 1, exclusive, that all follow from one of them: Tommy Ettinger's mulberry32. */
export function seededRandom(random: number): () => number {
	let state = Math.floor(random * 0x1_0000_0000) >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
	};
}
