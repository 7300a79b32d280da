/** Reads from a file's header how large its picture is. */
import { imageTypeOf } from "./image-type";

/** In pixels. */
export type PictureSize = readonly [width: number, height: number];

/** Null where the header does not say it. */
export function pictureSize(bytes: Uint8Array): PictureSize | null {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const size = sizeIn(bytes, view);
	return size !== null && size[0] > 0 && size[1] > 0 ? size : null;
}

function sizeIn(bytes: Uint8Array, view: DataView): PictureSize | null {
	switch (imageTypeOf(bytes)) {
		case "image/png":
			return view.byteLength < 24 ? null : [view.getUint32(16), view.getUint32(20)];
		case "image/jpeg":
			return jpegSize(view);
		case "image/webp":
			return webpSize(view);
		case null:
			return null;
	}
}

/** Markers that begin a frame; between them are tables and arithmetic coding's settings, which do not. */
function beginsFrame(marker: number): boolean {
	return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Markers that stand alone: fill bytes, restarts and the start of the image. */
function standsAlone(marker: number): boolean {
	return marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/** Each segment says how long it is, and the one that begins the frame says the size. */
function jpegSize(view: DataView): PictureSize | null {
	let at = 2;
	while (at + 9 <= view.byteLength) {
		if (view.getUint8(at) !== 0xff) return null;
		const marker = view.getUint8(at + 1);
		if (beginsFrame(marker)) return [view.getUint16(at + 7), view.getUint16(at + 5)];
		at += standsAlone(marker) ? (marker === 0xff ? 1 : 2) : 2 + view.getUint16(at + 2);
	}
	return null;
}

/** Of the first chunk: one with features, one without loss, or one with it. */
function webpSize(view: DataView): PictureSize | null {
	if (view.byteLength < 30) return null;
	const chunk = [12, 13, 14, 15].map((at) => String.fromCharCode(view.getUint8(at))).join("");
	if (chunk === "VP8X") return [1 + low24(view, 24), 1 + low24(view, 27)];
	if (chunk === "VP8 ") return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
	if (chunk !== "VP8L") return null;
	const sides = view.getUint32(21, true);
	return [1 + (sides & 0x3fff), 1 + ((sides >>> 14) & 0x3fff)];
}

function low24(view: DataView, at: number): number {
	return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}
