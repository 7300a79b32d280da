import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { PROVIDER_SETTINGS } from "#providers/built-in-providers";

it("has the credential of every built-in provider in the example of settings", () => {
	const credentials = PROVIDER_SETTINGS.filter((name) => name.endsWith("_API_KEY"));
	const example = readFileSync(".dev.vars.example", "utf8");
	expect([...example.matchAll(/^# (\w+_API_KEY)=$/gm)].map(([, name]) => name).sort()).toEqual(credentials.sort());
});
