/** Tells by a file's first bytes what kind of picture it is. */

export type ImageType = "image/png" | "image/jpeg" | "image/webp";

/** Null for what is none of these. */
export function imageTypeOf(bytes: Uint8Array): ImageType | null {
	if (beginsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return "image/png";
	if (beginsWith(bytes, [0xff, 0xd8, 0xff])) return "image/jpeg";
	const isRiff = beginsWith(bytes, [0x52, 0x49, 0x46, 0x46]);
	return isRiff && beginsWith(bytes.subarray(8), [0x57, 0x45, 0x42, 0x50]) ? "image/webp" : null;
}

function beginsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
	return signature.every((byte, at) => bytes[at] === byte);
}
