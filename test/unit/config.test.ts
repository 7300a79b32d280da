import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "#config";
import type { Env } from "#env";
import { VERSION } from "#version";

const production = {
	ADMIN_TOKEN: "an-admin-token-of-some-length",
	KEY_PEPPER: "a-pepper-of-at-least-thirty-two-characters",
	CREDENTIALS_SECRET: "a-secret-of-at-least-thirty-two-characters",
};
const LOCAL = {
	ADMIN_TOKEN: "tollgate-dev-admin",
	KEY_PEPPER: "local-only-pepper-not-a-secret-0000",
	CREDENTIALS_SECRET: "local-only-credentials-secret-000000",
};
const simulator = { SIMULATOR: {} };

// Only the variables are read; the bindings that an environment has besides do not matter here.
const read = (variables: object) => readConfig(variables as Env);

function problems(variables: object): string {
	try {
		read(variables);
	} catch (error) {
		if (error instanceof ConfigError) return error.message;
		throw error;
	}
	return "";
}

describe("the level of the log", () => {
	it("is every request unless set, and one of those that there are", () => {
		expect(read(production).logLevel).toBe("requests");
		expect(read({ ...production, LOG_LEVEL: "off" }).logLevel).toBe("off");
		expect(problems({ ...production, LOG_LEVEL: "loud" })).toContain("LOG_LEVEL");
	});
});

describe("the settings of production", () => {
	it("are accepted when they are its own", () => {
		expect(read(production)).toMatchObject({ local: false, adminToken: production.ADMIN_TOKEN, demoKey: null });
	});

	it.each(Object.entries(LOCAL))("are refused when %s has its local value", (name, value) => {
		expect(problems({ ...production, [name]: value })).toContain(name);
	});

	it.each(Object.entries(LOCAL))("are refused when %s has its local value in disguise", (name, value) => {
		const half = Math.floor(value.length / 2);
		const disguises = [
			...[`${value}\n`, `${value}\r\n`, `  ${value}  `, `\t${value}`, `"${value}"`, value.toUpperCase()],
			...[`${value.slice(0, half)} ${value.slice(half)}`, ` ${value[0]?.toUpperCase()}${value.slice(1)}\n`],
		];
		for (const disguise of disguises) {
			expect(problems({ ...production, [name]: disguise }), JSON.stringify(disguise)).toContain(
				`${name} has its local value`,
			);
		}
	});

	it.each(Object.values(LOCAL))("are refused when another one is the local value %s", (value) => {
		for (const name of Object.keys(production)) {
			expect(problems({ ...production, [name]: value.padEnd(32, " ") })).toContain(`${name} has its local value`);
		}
	});

	it("are refused when two or three of them are equal", () => {
		const one = "one-and-the-same-secret-for-everything";
		const { ADMIN_TOKEN, KEY_PEPPER, CREDENTIALS_SECRET } = production;
		for (const equal of [
			{ ADMIN_TOKEN: one, KEY_PEPPER: one, CREDENTIALS_SECRET: one },
			{ ADMIN_TOKEN, KEY_PEPPER: one, CREDENTIALS_SECRET: `${one}\n` },
			{ ADMIN_TOKEN: KEY_PEPPER, KEY_PEPPER, CREDENTIALS_SECRET },
		]) {
			expect(problems(equal)).toBe("two of ADMIN_TOKEN, KEY_PEPPER, CREDENTIALS_SECRET are equal");
		}
	});

	it("are refused with a demo key, whatever its text", () => {
		expect(problems({ ...production, DEMO_KEY: "test-key-123" })).toContain("DEMO_KEY");
		expect(problems({ ...production, DEMO_KEY: "another" })).toContain("DEMO_KEY");
	});

	it.each(Object.keys(production))("are refused when %s is missing, empty or too short", (name) => {
		for (const value of [undefined, "", "short"]) {
			expect(problems({ ...production, [name]: value })).toContain(name);
		}
	});

	it("are never quoted in a refusal", () => {
		expect(problems({ ...production, KEY_PEPPER: "hunter2" })).not.toContain("hunter2");
	});
});

describe("the local environment", () => {
	it("runs with the values that wrangler.toml gives it", () => {
		const toml = readFileSync("wrangler.toml", "utf8");
		for (const [name, value] of Object.entries(LOCAL)) expect(toml).toContain(`${name} = "${value}"`);
		expect(read({ ...LOCAL, ...simulator, DEMO_KEY: "test-key-123" })).toMatchObject({
			local: true,
			demoKey: "test-key-123",
		});
	});
});

describe("the deployment", () => {
	it("has no preview addresses, and its own until a route is configured", () => {
		const toml = readFileSync("wrangler.toml", "utf8");
		const top = toml.slice(0, toml.indexOf("\n["));
		expect(top).toContain("\npreview_urls = false\n");
		expect(top).toContain("\nworkers_dev = true\n");
	});
});

describe("the repository", () => {
	it("names one version everywhere", () => {
		expect(JSON.parse(readFileSync("package.json", "utf8")).version).toBe(VERSION);
	});

	it("names no registry host in its lock files", () => {
		for (const file of ["package-lock.json", "bench/package-lock.json"]) {
			expect(readFileSync(file, "utf8")).not.toMatch(/"resolved": "https?:/);
		}
	});
});
