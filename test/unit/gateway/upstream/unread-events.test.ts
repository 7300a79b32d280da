import fc from "fast-check";
import { expect, it } from "vitest";
import { UnreadEvents } from "#gateway/upstream/unread-events";

const UTF_8 = new TextEncoder();

it("gives back all that was added since, bytes and texts in their order", () => {
	const parts = fc.array(fc.tuple(fc.string({ unit: "grapheme", maxLength: 3_000 }), fc.boolean()), { maxLength: 8 });
	const unread = new UnreadEvents();
	fc.assert(
		fc.property(parts, (added) => {
			for (const [text, isBytes] of added) unread.add(isBytes ? UTF_8.encode(text) : text);
			const whole = added.map(([text]) => text).join("");
			expect(unread.length).toBe(UTF_8.encode(whole).length);
			expect(unread.take()).toBe(whole);
			expect(unread.take()).toBe("");
		}),
	);
});
