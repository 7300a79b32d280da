import { describe, expect, it } from "vitest";
import { pictureSize } from "#core/images/picture-size";
import { picture } from "#simulator/model/picture";

describe("the size of a picture", () => {
	it.each(["png", "jpeg", "webp"] as const)("is read from the header of a %s", (type) => {
		expect(pictureSize(picture(type, 640, 7, "a"))).toEqual([640, 7]);
		expect(pictureSize(picture(type, 1, 1200, "b"))).toEqual([1, 1200]);
	});

	it("is read of a WebP with losses or features, and of a JPEG behind its other segments", () => {
		const riff = [0x52, 0x49, 0x46, 0x46, 0, 0, 0, 0, 0x57, 0x45, 0x42, 0x50];
		const lossy = [...Buffer.from("VP8 "), 0, 0, 0, 0, 0, 0, 0, 0x9d, 0x01, 0x2a, 0x20, 0x43, 0x10, 0x80];
		expect(pictureSize(Uint8Array.from([...riff, ...lossy]))).toEqual([0x320, 0x10]);
		const features = [...Buffer.from("VP8X"), 10, 0, 0, 0, 0, 0, 0, 0, 0xff, 0x03, 0x01, 0x00, 0x02, 0x00];
		expect(pictureSize(Uint8Array.from([...riff, ...features]))).toEqual([0x10400, 0x201]);
		const jpeg = picture("jpeg", 48, 32, "c");
		const comment = Uint8Array.from([0xff, 0xd8, 0xff, 0xff, 0xfe, 0, 4, 0xff, 0xc0, ...jpeg.slice(2)]);
		expect(pictureSize(comment)).toEqual([48, 32]);
	});

	it("is not known of what is cut, is empty, or is no picture", () => {
		for (const type of ["png", "jpeg", "webp"] as const) {
			expect(pictureSize(picture(type, 64, 64, "").slice(0, 12))).toBeNull();
			expect(pictureSize(picture(type, 64, 64, "").slice(0, 4))).toBeNull();
		}
		expect(pictureSize(new Uint8Array())).toBeNull();
		expect(pictureSize(Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 1, 2, 3, 4, 5, 6]))).toBeNull();
		const png = picture("png", 64, 64, "");
		png.fill(0, 16, 24);
		expect(pictureSize(png)).toBeNull();
	});
});
