// What a route's handler decodes is what its description says.
import { expect, it } from "vitest";
import { textOf, typeScriptIn } from "./sources";

it("routes describe the very schemas by which they decode bodies and queries", () => {
	const files = typeScriptIn("src/http/routes");
	const all = files.map(textOf).join("\n");
	const wrong = files.flatMap((file) =>
		[...textOf(file).matchAll(/decode(Body|Query)\(([A-Z]\w*),/g)]
			// Or one that is made of its entries: a change of a model has some of a model's fields.
			.filter(
				([, what = "", name = ""]) =>
					!new RegExp(`\\b${what.toLowerCase()}: ${name}\\b|\\b${name}\\.entries`).test(all),
			)
			.map(([, what, name]) => `${file} decodes a ${what?.toLowerCase()} by ${name}, which no route describes`),
	);
	expect(wrong).toEqual([]);
});
