// What the docs name exists: files, folders, tests, and the words of the glossary.
import path from "node:path";
import { describe, expect, it } from "vitest";
import { FILES, textOf, typeScriptIn } from "./sources";

const DOCS = FILES.filter((file) => file.endsWith(".md") && !file.startsWith("node_modules/"));
/** Top-level folders and files of the repository, whose paths prose may name in backticks. */
const PLACES = /^(?:\.ci|bench|docs|durable-objects|examples|lint|migrations|scripts|simulator|src|test)\/[\w./-]*$/;
/** A file by its name alone, as prose has it where its folder was just named. */
const FILE_NAME = /^[\w-]+(?:\.[\w-]+)*\.(?:ts|mjs|json|toml|md|py|sh|sql)$/;
/** Made by a command, and not in the repository. */
const MADE = /^bench\/(?:results|node_modules)\//;

const folders = new Set(FILES.flatMap((file) => parents(file)));
const fileNames = new Set(FILES.map((file) => path.posix.basename(file)));
const exists = (place: string): boolean =>
	MADE.test(place) || FILES.includes(place) || folders.has(place.replace(/\/$/, ""));

function parents(file: string): string[] {
	const parent = path.posix.dirname(file);
	return parent === "." ? [] : [parent, ...parents(parent)];
}

function inBackticks(file: string): string[] {
	const withoutBlocks = textOf(file).replace(/^```[\s\S]*?^```/gm, "");
	return [...withoutBlocks.matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text);
}

describe("the docs", () => {
	it("name files and folders that exist", () => {
		const missing = DOCS.flatMap((file) =>
			inBackticks(file)
				.filter((text) => PLACES.test(text) && !exists(text))
				.map((text) => `${file} names ${text}`),
		);
		expect(missing).toEqual([]);
	});

	it("name no file by its name alone that is nowhere", () => {
		const named = DOCS.flatMap((file) => inBackticks(file).filter((text) => FILE_NAME.test(text)));
		expect(named.length).toBeGreaterThan(30);
		expect(named.filter((name) => !fileNames.has(name))).toEqual([]);
	});

	it("link to pages that exist", () => {
		const missing = DOCS.flatMap((file) =>
			[...textOf(file).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
				.map(([, target = ""]) => path.posix.join(path.posix.dirname(file), target))
				.filter((target) => !exists(target))
				.map((target) => `${file} links to ${target}`),
		);
		expect(missing).toEqual([]);
	});

	it("define only names that the code has", () => {
		const code = new Set(
			typeScriptIn("src", "durable-objects").flatMap((file) => textOf(file).match(/[A-Za-z_$][\w$]*/g) ?? []),
		);
		const names = inBackticks("docs/glossary.md").filter((text) => /^\w+$/.test(text));
		expect(names.length).toBeGreaterThan(30);
		expect(names.filter((name) => !code.has(name))).toEqual([]);
	});
});

describe("errors", () => {
	it("say who speaks in one place", () => {
		const byHand = typeScriptIn("src").filter(
			(file) => file !== "src/core/errors.ts" && /["'`]\[gateway\] /.test(textOf(file)),
		);
		expect(byHand).toEqual([]);
	});
});
