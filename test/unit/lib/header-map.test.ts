import fc from "fast-check";
import { expect, it } from "vitest";
import { HeaderMap } from "#lib/header-map";

const NAMES = ["x-title", "user-agent", "helicone-property-a", "accept"];

it("answers as the headers themselves do", () => {
	const entries = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.stringMatching(/^[a-z]{0,4}$/)));
	fc.assert(
		fc.property(entries, (list) => {
			const headers = new Headers(list);
			const map = new HeaderMap(headers);
			for (const name of [...NAMES, "x-none"]) {
				expect([map.get(name), map.has(name)]).toEqual([headers.get(name), headers.has(name)]);
			}
			expect([...map.keys()]).toEqual([...headers.keys()]);
		}),
	);
});
