import { estimateTokenCount } from "tokenx";
import { expect, it } from "vitest";
import { estimateTokens } from "#metering/estimate";

it("knows a very long text by stretches of it, nearly as well as by all of it", () => {
	const piece = 'Lorem ipsum, {"dolor": "sit amet"}; 漢字と仮名。 function answer() { return 42; }\n';
	for (const text of [piece.repeat(20_000), `${"word ".repeat(300_000)}${"漢字".repeat(300_000)}`]) {
		const whole = estimateTokenCount(text);
		expect(Math.abs(estimateTokens(text) - whole)).toBeLessThan(whole * 0.05);
	}
	const short = piece.repeat(10);
	expect(estimateTokens(short)).toBe(estimateTokenCount(short));
});
