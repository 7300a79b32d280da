/** Lists of numbers as base64 of their bytes: 32-bit floats, the least significant byte first. */
import { Buffer } from "node:buffer";

const BYTES_PER_FLOAT = 4;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Rounds each number to a 32-bit float; one that is greater than all of them becomes infinite. */
export function floatsToBase64(numbers: readonly number[]): string {
	const bytes = Buffer.alloc(numbers.length * BYTES_PER_FLOAT);
	for (const [at, number] of numbers.entries()) bytes.writeFloatLE(number, at * BYTES_PER_FLOAT);
	return bytes.toString("base64");
}

/** Null for what is no base64, or whose bytes are no whole number of floats. */
export function base64ToFloats(text: string): number[] | null {
	if (text.length % 4 !== 0 || !BASE64.test(text)) return null;
	const bytes = Buffer.from(text, "base64");
	if (bytes.length % BYTES_PER_FLOAT !== 0) return null;
	return Array.from({ length: bytes.length / BYTES_PER_FLOAT }, (_, at) => bytes.readFloatLE(at * BYTES_PER_FLOAT));
}
