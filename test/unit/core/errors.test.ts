import { expect, it } from "vitest";
import { invalidRequest, quoted } from "#core/errors";
import { notAllowed } from "#router/errors";

it("quotes names whole, unless they are long", () => {
	expect(quoted("openai/gpt-5.5")).toBe("`openai/gpt-5.5`");
	expect(quoted("x".repeat(81))).toBe(`\`${"x".repeat(79)}…\``);
	expect(notAllowed("x".repeat(16_000)).message.length).toBeLessThan(160);
});

it("tells no more than so much of what a caller sent", () => {
	const { message, param } = invalidRequest("y".repeat(9_000_000), "z".repeat(9_000_000)).details;
	expect(message).toHaveLength(2_000);
	expect(param).toHaveLength(256);
	expect(message.startsWith("[gateway] yyy")).toBe(true);
});
