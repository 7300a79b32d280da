/** What the simulated models draw: real files of one colour, which the prompt decides. */
import { jpeg } from "./jpeg";
import { crc32, png } from "./png";
import { webp } from "./webp";

export type FileType = "png" | "jpeg" | "webp";

export function picture(type: FileType, width: number, height: number, seed: string): Uint8Array {
	const hash = crc32(new TextEncoder().encode(seed));
	const colour = [hash >>> 24, (hash >>> 16) & 0xff, (hash >>> 8) & 0xff] as const;
	switch (type) {
		case "png":
			return png(width, height, colour);
		case "jpeg":
			return jpeg(width, height, colour[0]);
		case "webp":
			return webp(width, height, colour);
	}
}
