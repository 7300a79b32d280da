import fc from "fast-check";
import { expect, it } from "vitest";
import { countTokens, tokens } from "#simulator/model/tokens";

const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }), fc.lorem());

it("cuts a text without losing anything", () => {
	fc.assert(
		fc.property(text, (value) => {
			expect(tokens(value).join("")).toBe(value);
		}),
	);
});

it("counts every prefix of tokens alone as within the whole", () => {
	fc.assert(
		fc.property(text, fc.nat(40), (value, count) => {
			const head = tokens(value).slice(0, count);
			expect(tokens(head.join(""))).toEqual(head);
		}),
	);
});

it("comes out near what real tokenizers say", () => {
	expect(countTokens("")).toBe(0);
	expect(countTokens("Hello AI!")).toBe(3);
	expect(countTokens("你好，世界")).toBe(5);
	const prose = "The quick brown fox jumps over the lazy dog while the river carries stones to the sea. ".repeat(20);
	expect(prose.length / countTokens(prose)).toBeGreaterThan(3);
	expect(prose.length / countTokens(prose)).toBeLessThan(5);
});
