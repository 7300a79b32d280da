// No file that nothing imports, no export that nothing else uses, no wide comment, no folder that is a drawer.
import path from "node:path";
import { describe, expect, it } from "vitest";
import { importsOf, textOf, typeScriptIn } from "./sources";

const PRODUCT = typeScriptIn("src", "durable-objects", "simulator", "console/src");
const TESTS = typeScriptIn("test");
const ALL = [...PRODUCT, ...TESTS];
/** Where the runtime, the test runner, a script or another process comes in. */
const ENTRIES =
	/^(src\/index|console\/src\/main|simulator\/entry|test\/oracle\/\w+|test\/process\/(balancer|prepared|serve)|test\/worker\/setup|.*\.test|.*\.d)\.tsx?$/;
/** As the formatter has them. */
const MAX_COLUMNS = 120;
const TAB_COLUMNS = 2;
const MAX_FILES_IN_A_FOLDER = 20;
/** Files stay well below. */
const MAX_LINES = 400;

describe("the code", () => {
	it("has no file that nothing imports", () => {
		const imported = new Set(ALL.flatMap((file) => importsOf(file).map(({ file: target }) => target)));
		expect(ALL.filter((file) => !ENTRIES.test(file) && !imported.has(file))).toEqual([]);
	});

	it("exports nothing that no other file names", () => {
		const words = new Map(ALL.map((file) => [file, new Set(textOf(file).match(/[A-Za-z_$][\w$]*/g))]));
		const dead = ALL.filter((file) => !ENTRIES.test(file)).flatMap((file) =>
			exportsOf(file)
				.filter((name) => !ALL.some((other) => other !== file && words.get(other)?.has(name)))
				.map((name) => `${file} exports ${name}`),
		);
		expect(dead).toEqual([]);
	});

	it("keeps folders and files small enough to take in", () => {
		const folders = Map.groupBy(PRODUCT, (file) => path.posix.dirname(file));
		expect([...folders].filter(([, files]) => files.length > MAX_FILES_IN_A_FOLDER).map(([folder]) => folder)).toEqual(
			[],
		);
		expect(PRODUCT.filter((file) => textOf(file).split("\n").length > MAX_LINES)).toEqual([]);
	});

	it("has no comment wider than the formatter lets code be", () => {
		const wide = ALL.flatMap((file) =>
			textOf(file)
				.split("\n")
				.flatMap((line, index) => (isComment(line) && columns(line) > MAX_COLUMNS ? [`${file}:${index + 1}`] : [])),
		);
		expect(wide).toEqual([]);
	});

	it("opens each file with what it is for, but a test, whose title says so", () => {
		const opened = ALL.filter((file) => !file.endsWith(".test.ts"));
		expect(opened.filter((file) => !/^(\/\/|\/\*\*)/.test(textOf(file)))).toEqual([]);
	});
});

function exportsOf(file: string): string[] {
	const declared = textOf(file).matchAll(
		/^export (?:declare )?(?:async )?(?:abstract )?(?:class|function\*?|const|let|interface|type|enum) ([A-Za-z_$][\w$]*)/gm,
	);
	return [...declared].map(([, name = ""]) => name);
}

function columns(line: string): number {
	return [...line].reduce((sum, character) => sum + (character === "\t" ? TAB_COLUMNS : 1), 0);
}

function isComment(line: string): boolean {
	return /^\s*(\/\/|\/\*|\*)/.test(line);
}
